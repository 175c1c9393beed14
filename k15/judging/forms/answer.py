"""One answer in two forms, and what the forms share: near misses, questions, exact decimals."""

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


def near(rng: random.Random, value: int, low: int, high: int) -> int:
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


def integers(rng: random.Random, low: int, high: int) -> tuple[int, int]:
    value = rng.randint(low, high)
    return value, near(rng, value, low, high)


def sum_question(rng: random.Random, value: int) -> str:
    part = rng.randint(1, 9)
    return rng.choice((f"What is {value - part} plus {part}?", f"Add {part} to {value - part}."))


def decimal(value: Fraction) -> str:
    """Exact; the value's denominator divides 1000."""
    thousandths = value * 1000
    whole, part = divmod(int(thousandths), 1000)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".")
