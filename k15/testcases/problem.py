"""A code problem and the programs that are known to solve it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Submission:
    """A program that is known to solve its problem."""

    name: str
    language: str
    source: str


@dataclass(frozen=True)
class CodeProblem:
    id: str
    statement: str
    submissions: tuple[Submission, ...]
    generator: str | None = None
    special_judge: bool = False
    tolerance: float | None = None
    case_sensitive: bool = True
