"""Where code problems come from: a user's records, or problem packages.

A record has `id`, `statement`, `submissions` (a list of {`language`, `source`}), and optionally `generator` (the
source of a Python program), `special_judge` (true if outputs cannot be compared), `tolerance` and `case_sensitive`.
Guarantees: whatever is wrong with a file is a `UserError` of one line that names the place.
"""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from k15.errors import UserError
from k15.records import Record, iter_records
from k15.testcases import packages
from k15.testcases.problem import CodeProblem, Submission

BUNDLED = Path(__file__).with_name("bundled")
"""Packages of our own: five that enter, and one for each way to stay out."""


def load_problems(path: Path, generators: Path | None = None) -> list[CodeProblem]:
    """The problems of a package, of a directory of packages, or of a JSONL or Parquet file (or a directory of those).

    `generators/<id>.py`, where it exists, is the generator of a problem that brings none.
    """
    roots = packages.find(path)
    found = (
        [packages.read(root) for root in roots] if roots else [_problem(Record(*item)) for item in iter_records(path)]
    )
    if not found:
        raise UserError(f"{path}: no problem in it; give packages or records of problems")
    if generators is not None:
        found = list(_with_generators(found, generators))
    return found


def unique(problems: Iterable[CodeProblem]) -> list[CodeProblem]:
    """The problems, which must have different ids: artifacts name a problem by it."""
    seen: set[str] = set()
    found = list(problems)
    for problem in found:
        if problem.id in seen:
            raise UserError(f"two code problems are called {problem.id!r:.60}; rename one")
        seen.add(problem.id)
    return found


def _with_generators(problems: Iterable[CodeProblem], directory: Path) -> Iterable[CodeProblem]:
    if not directory.is_dir():
        raise UserError(f"{directory}: no such directory of generators; correct the path")
    stored = {file.stem: file for file in directory.glob("*.py")}
    for problem in problems:
        if problem.generator is None and problem.id in stored:
            problem = dataclasses.replace(problem, generator=stored[problem.id].read_text(encoding="utf-8"))
        yield problem


def _problem(record: Record) -> CodeProblem:
    submissions = record.get("submissions")
    if not isinstance(submissions, list):
        raise record.error(f"field 'submissions' must be a list (got {submissions!r:.60})")
    return CodeProblem(
        id=record.text("id"),
        statement=record.text("statement"),
        submissions=tuple(_submission(record, number, item) for number, item in enumerate(submissions, 1)),
        generator=record.text("generator", default="") or None,
        special_judge=_flag(record, "special_judge", default=False),
        tolerance=_tolerance(record),
        case_sensitive=_flag(record, "case_sensitive", default=True),
    )


def _submission(record: Record, number: int, item: Any) -> Submission:
    if not isinstance(item, dict):
        raise record.error(f"submission {number} must be a record with language and source (got {item!r:.60})")
    fields = Record(item, record.file, f"{record.where}: submission {number}")
    return Submission(fields.text("name", default=str(number)), fields.text("language"), fields.text("source"))


def _flag(record: Record, name: str, default: bool) -> bool:
    value = record.fields.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise record.error(f"field {name!r} must be true or false (got {value!r:.60})")
    return value


def _tolerance(record: Record) -> float | None:
    value = record.fields.get("tolerance")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise record.error(f"field 'tolerance' must be a number from 0 to below 1 (got {value!r:.60})")
    return float(value)
