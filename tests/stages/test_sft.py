"""Which long reasoning paths the warm-up trains on."""

import pytest

from k15.errors import UserError
from k15.rewards import VERIFIERS, Verdict
from k15.rewards.answers import Case
from k15.rewards.extraction import extract_string
from k15.rewards.verifiers import each, extract_then_compare
from k15.tasks import Problem
from stages.sft.run import _verified


def problem(answer: str) -> Problem:
    text = f"\\boxed{{{answer}}}"
    return Problem(answer, "mine", "math", 1, "?", "right", text, f"<think>so</think>{text}", "shaky")


@pytest.fixture(autouse=True)
def shaky(monkeypatch: pytest.MonkeyPatch) -> None:
    """A verifier that is lost on some answers."""

    def compare(case: Case) -> Verdict:
        known = {"right": Verdict.correct(""), "lost": Verdict.error("lost worker")}
        return known.get(case.answer, Verdict.wrong(""))

    monkeypatch.setitem(VERIFIERS, "shaky", extract_then_compare(extract_string, each(compare)))


def test_a_path_without_a_verdict_is_left_out_and_counted() -> None:
    right = problem("right")
    assert _verified([right, problem("wrong"), problem("lost"), problem("lost")]) == ([right], 1, 2)


def test_no_verified_path_is_an_error_that_says_why() -> None:
    with pytest.raises(UserError, match=r"none of 2 .* 1 could not be judged \(lost worker\)"):
        _verified([problem("wrong"), problem("lost")])
    with pytest.raises(UserError, match="all end in a wrong answer"):
        _verified([problem("wrong")])
