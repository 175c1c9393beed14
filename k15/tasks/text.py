"""Text families: digit strings edited step by step, chains of assignments, sorting.

Answers have two or more digits, so a guess without reasoning is right in at most one case of a hundred: the
no-CoT filter (§2.1, N = 8) then drops what can be guessed, not what was guessed by luck.
"""

from __future__ import annotations

import random
from itertools import pairwise

from k15.tasks.problem import Draft, Family
from k15.tasks.traces import Step, long_trace, short_trace

STEPS = (1, 2, 3, 4, 5, 6)


def _slip(rng: random.Random, right: str) -> str:
    position = rng.randrange(len(right))
    digit = str((int(right[position]) + rng.randrange(1, 10)) % 10)
    return right[:position] + digit + right[position + 1 :]


def _draft(rng: random.Random, content: str, question: str, plan: str, steps: list[Step], answer: str) -> Draft:
    short = short_trace(steps, answer)
    return Draft(content, question, answer, short, long_trace(rng, plan, steps, answer))


def _apply(operation: str, digits: str) -> str:
    if operation == "reverse":
        return digits[::-1]
    if operation == "rotate":
        return digits[1:] + digits[0]
    if operation == "swap":
        return digits[1] + digits[0] + digits[2:]
    return "".join(str((int(d) + int(operation[1:])) % 10) for d in digits)  # "+k" on every digit


def edit(rng: random.Random, difficulty: int) -> Draft:
    """Apply `difficulty` operations to a three-digit string."""
    start = "".join(rng.choice("0123456789") for _ in range(3))
    operations = [rng.choice(("reverse", "rotate", "swap", f"+{rng.randint(1, 3)}")) for _ in range(difficulty)]
    steps, digits = [], start
    for operation in operations:
        after = _apply(operation, digits)
        steps.append(Step(f"{operation} {digits} is", after, f"{digits} to {after}", _slip(rng, after)))
        digits = after
    listed = ", ".join(operations)
    question = rng.choice(
        (f"Start with {start}. Do {listed}.", f"Take {start} and apply {listed}.", f"{start}: {listed}. Result?")
    )
    return _draft(rng, f"{start} {listed}", question, listed, steps, digits)


def chain(rng: random.Random, difficulty: int) -> Draft:
    """Follow `difficulty` assignments modulo 10; the answer is the last value and the one before it."""
    names = rng.sample("abcdefghkmnp", difficulty + 1)
    value = rng.randrange(10)
    lines, steps, before = [f"{names[0]}={value}"], [], value
    for previous, name in pairwise(names):
        operator, operand = rng.choice("+-"), rng.randint(1, 9)
        before, value = value, (value + operand if operator == "+" else value - operand) % 10
        lines.append(f"{name}={previous}{operator}{operand}")
        action = f"{name}={before}{operator}{operand}="
        undo = f"{value}{'-' if operator == '+' else '+'}{operand}={before}"
        steps.append(Step(action, str(value), undo, _slip(rng, str(value))))
    listed = " ".join(lines)
    asked = f"{names[-1]}{names[-2]}"
    question = rng.choice((f"{listed}. Mod 10, {asked}?", f"Modulo 10: {listed}. Give {asked}."))
    return _draft(rng, f"{listed} {asked}", question, " ".join(names), steps, f"{value}{before}")


def sort(rng: random.Random, difficulty: int) -> Draft:
    """Sort `difficulty` + 2 digits by picking the smallest again and again."""
    digits = [rng.choice("0123456789") for _ in range(difficulty + 2)]
    left, done, steps = list(digits), "", []
    while left:
        smallest = min(left)
        remaining = list(left)
        remaining.remove(smallest)
        done += smallest
        rest = "".join(remaining) or "none"
        steps.append(Step(f"min {''.join(left)} is", smallest, f"left {rest}", _slip(rng, smallest)))
        left = remaining
    shown = "".join(digits)
    question = rng.choice((f"Sort the digits {shown}.", f"Put {shown} in rising order.", f"Sorted {shown}?"))
    return _draft(rng, shown, question, f"sort {shown}", steps, done)


TEXT_FAMILIES = (
    Family("edit", "code", "strings", STEPS, edit),
    Family("chain", "math", "arithmetic", STEPS, chain),
    Family("sort", "code", "algorithms", STEPS, sort),
)
