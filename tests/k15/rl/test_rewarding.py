"""What the objective sees: verifier's reward, length reward and penalty, composed by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from k15.errors import UserError
from k15.params import parse_params
from k15.rewards import score
from k15.rl.objective import ObjectiveParams, advantages
from k15.rl.rewarding import RewardParams, compose
from k15.rl.trajectory import Group, Response, RLPrompt, Segment

PARAMS = RewardParams(length_weight=0.2, length_warmup=3, repetition_penalty=0.5)
PROMPT = RLPrompt("p", [1], (), {"verifier": "math", "answer": "7"})


def response(length: int, correct: float, finish_reason: str = "stop", verdict: str | None = None) -> Response:
    """As the judge leaves it; the tokens lie in two segments where there are two or more."""
    cut = length // 2
    parts = [(version, size) for version, size in enumerate((cut, length - cut)) if size]
    segments = [Segment(version, [20] * size, [-1.0] * size) for version, size in parts]
    verdict = verdict or ("correct" if correct else "wrong")
    return Response((0, 0), segments, finish_reason, "text", verdict, correct, correct)


def rewards(*responses: Response, iteration: int = 3, params: RewardParams = PARAMS) -> list[float]:
    group = Group(0, 0, PROMPT, 0, list(responses))
    compose([group], params, iteration)
    return [r.reward for r in group.responses]


def test_length_reward() -> None:
    """λ = 0.5 − (len − 2) / (6 − 2); wrong responses get it only where it is negative."""
    group = [response(2, 1), response(4, 1), response(6, 1), response(3, 0), response(5, 0)]
    assert rewards(*group) == pytest.approx([1.1, 1.0, 0.9, 0.0, -0.05])
    assert rewards(*group) == pytest.approx([1.1, 1.0, 0.9, 0.0, -0.05])  # composed, not added up


def test_warmup() -> None:
    """Off in iterations 0 to 2, then constant."""
    group = [response(2, 1), response(6, 1)]
    assert rewards(*group, iteration=2) == [1, 1]
    assert rewards(*group, iteration=3) == rewards(*group, iteration=99) == pytest.approx([1.1, 0.9])
    assert rewards(
        *group, iteration=99, params=RewardParams(length_weight=0, length_warmup=0, repetition_penalty=0)
    ) == [
        1,
        1,
    ]


def test_responses_of_one_length() -> None:
    assert rewards(response(3, 1), response(3, 0)) == [1, 0]
    assert rewards(response(3, 1)) == [1]


def test_a_correct_response_longer_than_a_wrong_one() -> None:
    """λ is −0.5 and +0.5: the correct one pays for its length, the wrong one gains nothing by its shortness."""
    assert rewards(response(9, 1), response(3, 0)) == pytest.approx([0.9, 0.0])


def test_cut_off_responses() -> None:
    """Wrong as a rule: min(0, λ), which is −0.5 for the longest. Reward and λ stay where it had answered before."""
    assert rewards(response(2, 1), response(6, 0, "length")) == pytest.approx([1.1, -0.1])
    assert rewards(response(2, 1), response(6, 1, "length")) == pytest.approx([1.1, 0.9])
    assert rewards(response(2, 1), response(6, 0, "age")) == pytest.approx([1.1, -0.1])


def test_repeated_responses() -> None:
    """As cut-off ones, and the penalty; it knows no warm-up."""
    group = [response(2, 1), response(3, 0, "repetition"), response(6, 0)]
    assert rewards(*group) == pytest.approx([1.1, -0.5, -0.1])
    assert rewards(*group, iteration=0) == [1, -0.5, 0]
    assert rewards(response(2, 1), response(6, 1, "repetition")) == pytest.approx([1.1, 0.9 - 0.5])
    assert rewards(response(2, 0, "repetition"), response(2, 0)) == [-0.5, 0]


def test_correct_is_what_the_verifier_calls_correct() -> None:
    """A graded verifier gives this wrong answer more than 0; being short earns it nothing."""
    record = {"verifier": "ocr", "answer": "total amount due", "threshold": 0.95}
    verdict = score(record, "<think>hm</think>\\boxed{total amount duo}", mode="rl")
    assert (verdict.verdict == "wrong" and 0.9 < verdict.reward < 1) or verdict.reward > 0
    short = response(2, verdict.reward, verdict=verdict.verdict)
    assert rewards(short, response(6, 1)) == pytest.approx([verdict.reward, 0.9])


def test_responses_without_a_verdict_take_no_part() -> None:
    """Neither as the longest of the group nor with a reward."""
    unjudged = response(50, math.nan, verdict="error")
    group = Group(0, 0, PROMPT, 0, [response(2, 1), response(6, 1)], [unjudged])
    compose([group, Group(1, 0, PROMPT, 0, [], [unjudged])], PARAMS, 3)
    assert [r.reward for r in group.responses] == pytest.approx([1.1, 0.9])
    assert math.isnan(unjudged.reward)


def test_all_of_the_reward_enters_the_baseline() -> None:
    """1.1, 0.9 and −0.6 (wrong, repeated, the longest): the mean is 1.4 / 3."""
    group = [response(2, 1), response(6, 1), response(6, 0, "repetition")]
    assert rewards(*group) == pytest.approx([1.1, 0.9, -0.6])
    params = ObjectiveParams(kind="eq3", tau=0.1, baseline="mean")
    assert advantages(rewards(*group), params) == pytest.approx([1.9 / 3, 1.3 / 3, -3.2 / 3])


def test_groups_are_compared_within_themselves() -> None:
    groups = [Group(n, n, PROMPT, 0, [response(a, 1), response(b, 1)]) for n, (a, b) in enumerate([(2, 4), (40, 80)])]
    compose(groups, PARAMS, 3)
    assert [[r.reward for r in g.responses] for g in groups] == [pytest.approx([1.1, 0.9])] * 2


def test_the_success_rate_stays_the_verifiers() -> None:
    group = Group(0, 0, PROMPT, 0, [response(2, 1), response(6, 0, "repetition")])
    compose([group], PARAMS, 3)
    assert group.success == 0.5


@pytest.mark.parametrize("key", ["length_weight", "length_warmup", "repetition_penalty"])
def test_params_are_not_negative(key: str) -> None:
    values: dict[str, Any] = {**PARAMS.model_dump(), key: -1}
    with pytest.raises(UserError, match=rf"rl\.reward\.{key} must be at least 0"):
        parse_params(RewardParams, "rl.reward", values)
