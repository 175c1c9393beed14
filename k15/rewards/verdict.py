"""The outcome of judging one response."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Verdict:
    """`error` means that nothing is known about the response (deadline, lost worker, unreadable reference).

    Its reward is NaN, so that it cannot pass for a wrong answer: callers leave such responses out.
    """

    verdict: Literal["correct", "wrong", "error"]
    reward: float
    why: str
    cpu_s: float = field(default=0.0, compare=False)
    """CPU seconds of judging, where a process of its own did it. A measurement, so equal verdicts may differ in it."""
    parts: tuple[bool, ...] = ()
    """Outcomes of the single tests, where there are several."""

    @classmethod
    def correct(cls, why: str, cpu_s: float = 0.0) -> "Verdict":
        return cls("correct", 1.0, why, cpu_s)

    @classmethod
    def wrong(cls, why: str, cpu_s: float = 0.0) -> "Verdict":
        return cls("wrong", 0.0, why, cpu_s)

    @classmethod
    def error(cls, why: str, cpu_s: float = 0.0) -> "Verdict":
        return cls("error", float("nan"), why, cpu_s)


def best(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on an answer from those against each accepted reference.

    A correct one wins, the highest reward first; otherwise an error outweighs "wrong": it might have matched.
    """
    rank = {"correct": 2, "error": 1, "wrong": 0}
    return max(verdicts, key=lambda item: (rank[item.verdict], 0.0 if item.verdict == "error" else item.reward))
