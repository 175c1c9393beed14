"""Forms in which an answer can be written, and the steps that lead back from each to the reference's form.

A form draws a pair of answers that differ by little, both written in it. Guarantees: the pair is exchangeable (each of
the two is as likely to be the first), so that one text of it alone says nothing about whether it is the right one; both
are exact, and `steps` need nothing but the text.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Answer:
    """`reference` is the value in the reference's form, `text` the same value in the other form; `steps` is the
    working from `text` to `reference`."""

    question: str
    reference: str
    text: str
    steps: tuple[str, ...]


Pair = tuple[Answer, Answer]
Form = Callable[[random.Random], Pair]

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def _near(rng: random.Random, value: int, low: int, high: int) -> int:
    """`value` with one to all of its digits changed, or (every second time) with one digit more or less; within
    `low` … `high`."""
    while True:
        digits = list(str(value))
        match rng.choice(("change", "change", "drop", "insert")):
            case "change":
                for place in rng.sample(range(len(digits)), rng.randint(1, len(digits))):
                    digits[place] = rng.choice("0123456789")
            case "drop":
                del digits[rng.randrange(len(digits))]
            case "insert":
                digits.insert(rng.randint(0, len(digits)), rng.choice("0123456789"))
        changed = int("".join(digits) or 0)
        if changed != value and low <= changed <= high:
            return changed


def _sum_question(rng: random.Random, value: int) -> str:
    part = rng.randint(1, 9)
    return rng.choice((f"What is {value - part} plus {part}?", f"Add {part} to {value - part}."))


def _integers(rng: random.Random, low: int, high: int) -> tuple[int, int]:
    value = rng.randint(low, high)
    return value, _near(rng, value, low, high)


def words(rng: random.Random) -> Pair:
    """4012 as four thousand twelve."""

    def write(value: int) -> Answer:
        parts, steps = [], []
        for size, name in ((1000, "thousand"), (100, "hundred")):
            if count := value // size % 10:
                parts.append(f"{_ONES[count]} {name}")
                steps.append(f"{parts[-1]} is {count * size}")
        if rest := value % 100:
            tens, ones = divmod(rest, 10)
            parts.append(_ONES[rest] if rest < 20 else _TENS[tens] + (f"-{_ONES[ones]}" if ones else ""))
            steps.append(f"{parts[-1]} is {rest}")
        return Answer(_sum_question(rng, value), str(value), " ".join(parts), tuple(steps))

    first, second = _integers(rng, 20, 9999)
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
        return Answer(_sum_question(rng, value), str(value), f"{first}+{value - first}", tuple(steps))

    first, second = _integers(rng, 50, 999)
    return write(first), write(second)


def _multiply(small: int, large: int) -> list[str]:
    """Digit by digit, from the ones; `small` and the tens of `large` may be 0."""
    low = small * (large % 10)
    high = small * (large // 10) + low // 10
    return [f"{small}*{large % 10}={low}", f"{small}*{large // 10}+{low // 10}={high}"]


def products(rng: random.Random) -> Pair:
    """392 as 7*56."""

    def write(small: int, large: int) -> Answer:
        value = small * large
        return Answer(_sum_question(rng, value), str(value), f"{small}*{large}", tuple(_multiply(small, large)))

    small, large = rng.randint(2, 5), rng.randint(12, 99)
    return write(small, large), write(small, _near(rng, large, 12, 99))


def _reduced(rng: random.Random, low: int, high: int, denominators: range | tuple[int, ...]) -> Fraction:
    """A fraction that is no integer, its numerator between `low` and `high`."""
    while True:
        value = Fraction(rng.randint(low, high), rng.choice(denominators))
        if value.denominator > 1:
            return value


def _fractions(
    rng: random.Random, low: int, high: int, denominators: range | tuple[int, ...], fits: Callable[[Fraction], bool]
) -> tuple[Fraction, Fraction]:
    """Two fractions with the same denominator and one other digit in the numerator, or with the same numerator."""
    while True:
        first = _reduced(rng, low, high, denominators)
        if rng.random() < 0.5:
            second = Fraction(first.numerator, rng.choice(denominators))
        else:
            second = Fraction(_near(rng, first.numerator, 1, high), first.denominator)
        same = first.numerator == second.numerator or first.denominator == second.denominator
        if first != second and same and second.denominator > 1 and fits(first) and fits(second):
            return first, second


def _division_question(rng: random.Random, value: Fraction) -> str:
    factor = rng.randint(1, 5)
    return f"What is {value.numerator * factor} divided by {value.denominator * factor}?"


def unreduced(rng: random.Random) -> Pair:
    """3/4 as 18/24."""

    def write(value: Fraction) -> Answer:
        factor = rng.choice((2, 3, 4, 5, 6))
        above, below = value.numerator * factor, value.denominator * factor
        text, steps = f"{above}/{below}", []
        for prime in (2, 3, 5):
            while factor % prime == 0:
                factor, above, below = factor // prime, above // prime, below // prime
                steps.append(f"by {prime} {above}/{below}")
        return Answer(_division_question(rng, value), str(value), text, tuple(steps))

    first, second = _fractions(rng, 1, 12, range(2, 13), lambda _: True)
    return write(first), write(second)


def mixed(rng: random.Random) -> Pair:
    """11/4 as 2 3/4."""

    def write(value: Fraction) -> Answer:
        whole, above = divmod(value.numerator, value.denominator)
        below = value.denominator
        steps = (*_multiply(below, whole), *_add(whole * below, above))
        return Answer(_division_question(rng, value), str(value), f"{whole} {above}/{below}", steps)

    first, second = _fractions(rng, 10, 299, range(2, 6), lambda value: value > 1)
    return write(first), write(second)


def _decimal(value: Fraction) -> str:
    """Exact; the value's denominator divides 1000."""
    thousandths = value * 1000
    whole, part = divmod(int(thousandths), 1000)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".")


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
        question = f"What is {_decimal(value * 10)} divided by 10?"
        return Answer(question, _decimal(value), f"{above}/{below}", tuple(steps))

    first, second = _fractions(rng, 1, 999, (2, 4, 5), lambda _: True)
    return write(first), write(second)


def zeros(rng: random.Random) -> Pair:
    """40.5 as 40.500, 405 as 405.00."""

    def write(thousandths: int) -> Answer:
        value = _decimal(Fraction(thousandths, 1000))
        text = value + ("" if "." in value else ".") + "0" * rng.randint(1, 3)
        question = f"What is {_decimal(Fraction(thousandths, 100))} divided by 10?"
        return Answer(question, value, text, ("no zeros",))

    unit = rng.choice((1, 10, 100, 1000))
    first, second = _integers(rng, 100, 9999)
    return write(first * unit), write(second * unit)


def commas(rng: random.Random) -> Pair:
    """41207 as 41,207."""

    def write(value: int) -> Answer:
        return Answer(_sum_question(rng, value), str(value), f"{value:,}", ("no comma",))

    first, second = _integers(rng, 1000, 999_999)
    return write(first), write(second)


def percents(rng: random.Random) -> Pair:
    """7.35 as 735%, 0.735 as 73.5%."""

    def write(thousandths: int) -> Answer:
        value = Fraction(thousandths, 1000)
        percent = _decimal(value * 100)
        whole, _, part = percent.partition(".")
        steps = (f"{whole[:-2] or 0} and {whole[-2:]} and {part or 0}",)
        question = f"What is {_decimal(value * 10)} divided by 10?"
        return Answer(question, _decimal(value), f"{percent}%", steps)

    first, second = _integers(rng, 100, 9999)
    return write(first), write(second)


def sets(rng: random.Random) -> Pair:
    """{1, 4, 8} as {8, 1, 4}."""

    def write(members: frozenset[int]) -> Answer:
        order = asked = sorted(members)
        while order == sorted(members):
            order = rng.sample(order, len(order))
        while asked[0] == 0:
            asked = rng.sample(asked, len(asked))
        steps, left, done = [], "".join(map(str, order)), ""
        while left:
            least = min(left)
            left, done = left.replace(least, ""), done + least
            steps.append(f"least {least}: {left or '-'}/{done}")
        return Answer(
            f"Which digits does {''.join(map(str, asked))} have?",
            f"{{{', '.join(map(str, sorted(members)))}}}",
            f"{{{', '.join(map(str, order))}}}",
            tuple(steps),
        )

    first = frozenset(rng.sample(range(10), rng.randint(3, 5)))
    inside, outside = rng.choice(sorted(first)), rng.choice(sorted(frozenset(range(10)) - first))
    second = rng.choice((first - {inside}, first | {outside}, first - {inside} | {outside}))
    return write(first), write(second)


def hours(rng: random.Random) -> Pair:
    """135 (minutes) as 2 h 15 min."""

    def write(value: int) -> Answer:
        whole, rest = divmod(value, 60)
        steps = (f"{whole}*60={whole * 60}", *_add(whole * 60, rest))
        part = rng.randint(1, 59)
        question = f"A walk takes {value - part} minutes there and {part} back. How many minutes in all?"
        return Answer(question, str(value), f"{whole} h {rest} min", steps)

    first, second = _integers(rng, 100, 999)
    return write(first), write(second)


_ALL = (zeros, commas, words, percents, sets, hours, sums, products, unreduced, mixed, quotients)
FORMS: dict[str, Form] = {form.__name__: form for form in _ALL}
