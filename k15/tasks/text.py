"""Text families: digit strings of three to seven digits, worked off digit by digit.

Every step notes what it made, what is left to do and what is done (`8+1 9: 694/29.`), so that the next step needs only
the one before it. Answers have two or more digits, so a guess without reasoning is right in at most one case of a
hundred: the no-CoT filter (§2.1, N = 8) then drops what can be guessed, not what was guessed by luck. They are compared
as strings: a number would be right without its leading zeros.
"""

from __future__ import annotations

import random

from k15.tasks.problem import Draft, Family
from k15.tasks.traces import Step, long_trace, short_trace

STEPS = (1, 2, 3, 4, 5)


def _digits(rng: random.Random, difficulty: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(difficulty + 2))


def _slip(rng: random.Random, digit: str) -> str:
    return str((int(digit) + rng.randrange(1, 10)) % 10)


def _step(action: str, made: str, left: str, done: str, check: str, slip: str) -> Step:
    """What a digit became and the new state: the digits left and the answer so far."""
    return Step(action, f"{made}: {left or '-'}/{done or '-'}", check, slip)


def _draft(rng: random.Random, content: str, question: str, plan: str, steps: list[Step], answer: str) -> Draft:
    short = short_trace(steps, answer)
    return Draft(content, question, answer, short, long_trace(rng, plan, steps, answer))


def shift(rng: random.Random, difficulty: int) -> Draft:
    """Add 1, 2 or 3 to every digit, modulo 10, from the left."""
    digits, amount = _digits(rng, difficulty), rng.randint(1, 3)
    steps, done = [], ""
    for index, digit in enumerate(digits):
        made = str((int(digit) + amount) % 10)
        done += made
        rest, check = digits[index + 1 :], f"{made}-{amount} {digit}"
        steps.append(_step(f"{digit}+{amount}", made, rest, done, check, _slip(rng, made)))
    question = rng.choice(
        (
            f"Add {amount} to each digit of {digits}.",
            f"Shift {digits} by {amount}.",
            f"{digits}, every digit plus {amount}?",
        )
    )
    return _draft(rng, f"{digits} {amount}", question, f"add {amount} to {digits}", steps, done)


def keep(rng: random.Random, difficulty: int) -> Draft:
    """Keep the digits above a limit, in their order; at least two are."""
    digits, limit = _digits(rng, difficulty), rng.randint(2, 6)
    while sum(int(d) > limit for d in digits) < 2:
        digits = _digits(rng, difficulty)
    steps, done = [], ""
    for index, digit in enumerate(digits):
        above = int(digit) > limit
        done += digit if above else ""
        made, slip, sign = ("keep", "drop", ">") if above else ("drop", "keep", "<")
        steps.append(_step(digit, made, digits[index + 1 :], done, f"{digit} {sign} {limit}.5", slip))
    question = rng.choice(
        (
            f"Which digits of {digits} are above {limit}?",
            f"From {digits} keep all over {limit}.",
            f"{digits}: only those above {limit}.",
        )
    )
    return _draft(rng, f"{digits} {limit}", question, f"keep above {limit} in {digits}", steps, done)


def reverse(rng: random.Random, difficulty: int) -> Draft:
    """Turn the digits round by taking the last one again and again."""
    digits = _digits(rng, difficulty)
    steps, done = [], ""
    for end in range(len(digits), 0, -1):
        last, rest = digits[end - 1], digits[: end - 1]
        done += last
        steps.append(_step("last", last, rest, done, f"{rest}{last} ends in {last}", _slip(rng, last)))
    question = rng.choice((f"Reverse {digits}.", f"Read {digits} backwards.", f"{digits} from the end?"))
    return _draft(rng, digits, question, f"turn {digits}", steps, done)


def sort(rng: random.Random, difficulty: int) -> Draft:
    """Sort the digits by taking the smallest again and again."""
    digits = _digits(rng, difficulty)
    steps, left, done = [], digits, ""
    while left:
        smallest = min(left)
        rest = left.replace(smallest, "", 1)
        done += smallest
        steps.append(_step("least", smallest, rest, done, f"{left} has {smallest}", _slip(rng, smallest)))
        left = rest
    question = rng.choice((f"Sort the digits {digits}.", f"Put {digits} in rising order.", f"Sorted {digits}?"))
    return _draft(rng, digits, question, f"sort {digits}", steps, done)


TEXT_FAMILIES = (
    Family("shift", "math", "modular-arithmetic", STEPS, shift, verifier="string"),
    Family("keep", "math", "comparison", STEPS, keep, verifier="string"),
    Family("reverse", "code", "strings", STEPS, reverse, verifier="string"),
    Family("sort", "code", "algorithms", STEPS, sort, verifier="string"),
)
