"""Forms that have to be worked out, digit by digit, to compare them with the reference."""

from __future__ import annotations

import random
from fractions import Fraction

from k15.judging.forms.answer import Answer, Pair, decimal, integers, near, sum_question


def hours(rng: random.Random) -> Pair:
    """135 (minutes) as 2 h 15 min."""

    def write(value: int) -> Answer:
        whole, rest = divmod(value, 60)
        steps = (f"{whole}*60={whole * 60}", *_add(whole * 60, rest))
        part = rng.randint(1, 59)
        question = f"A walk takes {value - part} minutes there and {part} back. How many minutes in all?"
        return Answer(question, str(value), f"{whole} h {rest} min", steps)

    first, second = integers(rng, 100, 999)
    return write(first), write(second)


def _add(first: int, second: int) -> list[str]:
    """Column by column, from the ones."""
    steps, carry = [], 0
    width = max(len(str(first)), len(str(second)))
    for place in range(width):
        a, b = first // 10**place % 10, second // 10**place % 10
        total = a + b + carry
        steps.append(f"{a}+{b}+{carry}={total}")
        carry = total // 10
    return steps


def sums(rng: random.Random) -> Pair:
    """412 as 137+275."""

    def write(value: int) -> Answer:
        first = rng.randint(value // 4, 3 * value // 4)
        steps = _add(first, value - first)
        return Answer(sum_question(rng, value), str(value), f"{first}+{value - first}", tuple(steps))

    first, second = integers(rng, 50, 999)
    return write(first), write(second)


def _multiply(small: int, large: int) -> list[str]:
    """Digit by digit, from the ones; `small` and the tens of `large` may be 0."""
    low = small * (large % 10)
    high = small * (large // 10) + low // 10
    return [f"{small}*{large % 10}={low}", f"{small}*{large // 10}+{low // 10}={high}"]


def _reduced(rng: random.Random, low: int, high: int, denominators: range | tuple[int, ...]) -> Fraction:
    """A fraction that is no integer, its numerator between `low` and `high`."""
    while True:
        value = Fraction(rng.randint(low, high), rng.choice(denominators))
        if value.denominator > 1:
            return value


def _fractions(
    rng: random.Random, low: int, high: int, denominators: range | tuple[int, ...], least: int = 0
) -> tuple[Fraction, Fraction]:
    """Two fractions above `least`, with the same denominator and near numerators, or with the same numerator."""
    while True:
        first = _reduced(rng, low, high, denominators)
        if rng.random() < 0.5:
            second = Fraction(first.numerator, rng.choice(denominators))
        else:
            second = Fraction(near(rng, first.numerator, 1, high), first.denominator)
        same = first.numerator == second.numerator or first.denominator == second.denominator
        if first != second and same and second.denominator > 1 and min(first, second) > least:
            return first, second


def _division_question(rng: random.Random, value: Fraction) -> str:
    factor = rng.randint(1, 5)
    return f"What is {value.numerator * factor} divided by {value.denominator * factor}?"


def unreduced(rng: random.Random) -> Pair:
    """3/4 as 15/20."""

    def write(value: Fraction) -> Answer:
        factor = rng.choice((2, 3, 4, 5))
        above, below = value.numerator * factor, value.denominator * factor
        return Answer(_division_question(rng, value), str(value), f"{above}/{below}", (f"by {factor} {value}",))

    first, second = _fractions(rng, 1, 12, range(2, 13))
    return write(first), write(second)


def mixed(rng: random.Random) -> Pair:
    """11/4 as 2 3/4."""

    def write(value: Fraction) -> Answer:
        whole, above = divmod(value.numerator, value.denominator)
        below = value.denominator
        steps = (*_multiply(below, whole), *_add(whole * below, above))
        return Answer(_division_question(rng, value), str(value), f"{whole} {above}/{below}", steps)

    first, second = _fractions(rng, 10, 299, range(2, 6), least=1)
    return write(first), write(second)


def quotients(rng: random.Random) -> Pair:
    """2.375 as 19/8."""

    def write(value: Fraction) -> Answer:
        above, below = value.numerator, value.denominator
        steps, rest = [], 0
        left = [int(digit) for digit in str(above)]
        while left or rest:
            rest = rest * 10 + (left.pop(0) if left else 0)
            steps.append(f"{rest}/{below}={rest // below} r {rest % below}")
            rest %= below
        question = f"What is {decimal(value * 10)} divided by 10?"
        return Answer(question, decimal(value), f"{above}/{below}", tuple(steps))

    first, second = _fractions(rng, 1, 999, (2, 4, 5))
    return write(first), write(second)
