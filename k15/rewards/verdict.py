"""The outcome of judging one response."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Verdict:
    """`error` means that nothing is known about the response (deadline, lost worker, unreadable reference).

    Its reward is NaN, so that it cannot pass for a wrong answer: callers leave such responses out.
    """

    verdict: Literal["correct", "wrong", "error"]
    reward: float
    why: str

    @classmethod
    def correct(cls, why: str) -> "Verdict":
        return cls("correct", 1.0, why)

    @classmethod
    def wrong(cls, why: str) -> "Verdict":
        return cls("wrong", 0.0, why)

    @classmethod
    def error(cls, why: str) -> "Verdict":
        return cls("error", float("nan"), why)
