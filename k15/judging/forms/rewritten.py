"""Forms that say the reference in other signs: reading is enough to recognise it."""

from __future__ import annotations

import random
from fractions import Fraction

from k15.judging.forms.answer import Answer, Pair, decimal, integers, sum_question

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def zeros(rng: random.Random) -> Pair:
    """40.5 as 40.500, 405 as 405.00."""

    def write(thousandths: int) -> Answer:
        value = decimal(Fraction(thousandths, 1000))
        text = value + ("" if "." in value else ".") + "0" * rng.randint(1, 3)
        question = f"What is {decimal(Fraction(thousandths, 100))} divided by 10?"
        return Answer(question, value, text, ("no zeros",))

    unit = rng.choice((1, 10, 100, 1000))
    first, second = integers(rng, 100, 9999)
    return write(first * unit), write(second * unit)


def words(rng: random.Random) -> Pair:
    """412 as four hundred twelve."""

    def write(value: int) -> Answer:
        parts, steps = [], []
        if hundreds := value // 100:
            parts.append(f"{_ONES[hundreds]} hundred")
            steps.append(f"{parts[-1]} is {hundreds}00")
        if rest := value % 100:
            tens, ones = divmod(rest, 10)
            parts.append(_ONES[rest] if rest < 20 else _TENS[tens] + (f"-{_ONES[ones]}" if ones else ""))
            steps.append(f"{parts[-1]} is {rest}")
        return Answer(sum_question(rng, value), str(value), " ".join(parts), tuple(steps))

    first, second = integers(rng, 20, 999)
    return write(first), write(second)


def percents(rng: random.Random) -> Pair:
    """7.35 as 735%, 0.735 as 73.5%."""

    def write(thousandths: int) -> Answer:
        value = Fraction(thousandths, 1000)
        percent = decimal(value * 100)
        whole, _, part = percent.partition(".")
        steps = (f"{whole[:-2] or 0} and {whole[-2:]} and {part or 0}",)
        question = f"What is {decimal(value * 10)} divided by 10?"
        return Answer(question, decimal(value), f"{percent}%", steps)

    first, second = integers(rng, 100, 9999)
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
