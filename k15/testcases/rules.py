"""When a generated test case is valid, and when a problem enters (§2.3.5).

The paper, with ten ground-truth submissions: a case is valid if at least 7 agree on its output, which becomes the
expected one; a problem enters if it has at least 40 valid cases of 50 and at least 9 submissions pass all of them.
Ours: other numbers of submissions round both up; an agreed output that is empty makes no case, since it would pay
every program that prints nothing; a submission whose run says nothing about it (the machinery failed) is neither for
nor against, and where such ones could change a decision there is none ("unjudged").

Guarantees: pure functions; the same outcomes in the same order give the same decision.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Same = Callable[[str, str], bool]
"""(expected, got) -> whether the judge takes them for the same output."""


@dataclass(frozen=True)
class Outcome:
    """What a submission made of one input. `text` is empty unless it printed an output and ended well."""

    kind: Literal["output", "failed", "unknown"]
    text: str = ""


@dataclass(frozen=True)
class CaseDecision:
    """`agree` submissions printed `expected`; `reason` is empty for a valid case."""

    valid: bool
    expected: str
    agree: int
    reason: str


@dataclass(frozen=True)
class ProblemDecision:
    kept: bool
    reason: str
    valid_cases: int
    unjudged_cases: int
    passing: int
    """Submissions that pass all valid cases."""


def at_least(share: float, count: int) -> int:
    """The smallest number that is at least `share` of `count`; exact, so that 0.7 of 10 is 7."""
    return math.ceil(Fraction(str(share)) * count)


def decide_case(outcomes: Sequence[Outcome], needed: int, same: Same) -> CaseDecision:
    """`needed` of the submissions have to agree."""
    expected, agree = _agreement([outcome.text for outcome in outcomes if outcome.kind == "output"], same)
    unknown = sum(outcome.kind == "unknown" for outcome in outcomes)
    if agree >= needed:
        valid = bool(expected.split())
        return CaseDecision(valid, expected, agree, "" if valid else "empty-output")
    return CaseDecision(False, "", agree, "unjudged" if agree + unknown >= needed else "disagreement")


def _agreement(outputs: Sequence[str], same: Same) -> tuple[str, int]:
    """The output that most others equal, and how many do, itself included; among several the earliest.

    With a tolerance equality is not transitive, so every different output is asked in turn.
    """
    counts = {text: outputs.count(text) for text in dict.fromkeys(outputs)}
    best, most = "", 0
    for candidate in counts:
        agree = sum(count for text, count in counts.items() if text == candidate or same(candidate, text))
        if agree > most:
            best, most = candidate, agree
    return best, most


def decide_problem(
    cases: Sequence[CaseDecision],
    outcomes: Sequence[Sequence[Outcome]],
    *,
    min_valid: int,
    needed: int,
    same: Same,
) -> ProblemDecision:
    """`outcomes[s][c]` is what submission s made of case c; `needed` submissions have to pass all valid cases."""
    valid = [index for index, case in enumerate(cases) if case.valid]
    unjudged = sum(case.reason == "unjudged" for case in cases)
    if len(valid) < min_valid:
        reason = "unjudged" if len(valid) + unjudged >= min_valid else "few-valid-cases"
        return ProblemDecision(False, reason, len(valid), unjudged, 0)
    results = [_passes([(cases[index].expected, row[index]) for index in valid], same) for row in outcomes]
    passing, unknown = results.count(True), results.count(None)
    if passing >= needed:
        return ProblemDecision(True, "", len(valid), unjudged, passing)
    reason = "unjudged" if passing + unknown >= needed else "submissions-disagree"
    return ProblemDecision(False, reason, len(valid), unjudged, passing)


def _passes(runs: Sequence[tuple[str, Outcome]], same: Same) -> bool | None:
    """Whether a submission passes; None if that cannot be told."""
    known = [(expected, outcome) for expected, outcome in runs if outcome.kind != "unknown"]
    if not all(outcome.kind == "output" and same(expected, outcome.text) for expected, outcome in known):
        return False
    return True if len(known) == len(runs) else None
