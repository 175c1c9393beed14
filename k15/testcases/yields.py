"""What became of the problems: the rows of both datasets, and metrics."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from k15.testcases.funnel import STEPS
from k15.testcases.judge import Judged


def funnel(found: Sequence[Judged]) -> dict[str, int]:
    """Problems left after every step."""
    comparable = [item for item in found if item.reason != "special-judge"]
    submitted = [item for item in comparable if item.reason != "too-few-submissions"]
    generated = [item for item in submitted if item.generator != "none"]
    left = [len(found), len(comparable), len(submitted), len(generated)]
    left += [sum(item.enough_valid for item in generated), sum(item.kept for item in found)]
    return dict(zip(STEPS, left, strict=True))


def summary(found: Sequence[Judged]) -> dict[str, Any]:
    cases = [case.decision for item in found for case in item.cases]
    return {
        "funnel": funnel(found),
        "reasons": _counts(item.reason for item in found if item.reason),
        "generators": _counts(item.generator for item in found),
        "cases": len(cases),
        "valid_cases": sum(case.valid for case in cases),
        "case_reasons": _counts(case.reason for case in cases if case.reason),
    }


def case_rows(found: Sequence[Judged]) -> Iterator[dict[str, Any]]:
    """Of dataset `test_case`: every input of every problem that got that far."""
    for item in found:
        for case in item.cases:
            yield {
                "problem": item.problem.id,
                "number": case.number,
                "input": case.input,
                "expected": case.decision.expected if case.decision.valid else "",
                "agree": case.decision.agree,
                "submissions": item.submissions,
                "valid": case.decision.valid,
                "reason": case.decision.reason,
            }


def problem_rows(found: Sequence[Judged]) -> Iterator[dict[str, Any]]:
    """Of dataset `code_problem`."""
    for item in found:
        yield {
            "id": item.problem.id,
            "statement": item.problem.statement,
            "special_judge": item.problem.special_judge,
            "tolerance": item.problem.tolerance,
            "case_sensitive": item.problem.case_sensitive,
            "submissions": item.submissions,
            "unrunnable": len(item.problem.submissions) - item.submissions,
            "generator": item.generator,
            "valid_cases": item.valid_cases,
            "unjudged_cases": item.unjudged_cases,
            "passing": item.passing,
            "kept": item.kept,
            "reason": item.reason,
        }


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
