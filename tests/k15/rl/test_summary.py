"""Rows of the curve."""

from __future__ import annotations

from k15.rl.rollouts import AGE
from k15.rl.summary import summary, with_sampling
from k15.rl.trajectory import Group, Response, RLPrompt, Segment


def test_ends_are_shares_of_the_judged_responses() -> None:
    reasons = ["stop", "length", "length", "repetition", AGE, "stop", "stop", "stop"]
    responses = [
        Response((0, n), [Segment(0, [1] * (n + 1), [-1.0] * (n + 1))], reason, score=float(n < 2), reward=0.5)
        for n, reason in enumerate(reasons)
    ]
    responses[0].segments.append(Segment(1, [1], [-1.0]))
    lost = Response((0, 8), [Segment(0, [1], [-1.0])], "length", verdict="error")
    group = Group(0, 0, RLPrompt("p", [1], (), {}), 0, responses, [lost])
    assert summary([group]) == {
        "accuracy": 0.25,
        "reward": 0.5,
        "length": 4.62,  # 37 tokens of 8 responses
        "truncated": 0.25,
        "repeated": 0.125,
        "aged": 0.125,
        "in_parts": 0.125,
        "responses": 9,
        "unjudged": 1,
    }


def test_sampling_joins_the_row_of_its_iteration() -> None:
    def one(iteration: int, difficulty: str, share: float) -> dict[str, object]:
        counts = {"prompts": 4, "sampled": 2, "weight": 0.5}
        return {
            "iteration": iteration,
            "difficulty": difficulty,
            "share": share,
            "success": 0.25,
            "effective": 3.5,
        } | counts

    nothing = {"share_easy": 0.0, "share_medium": 0.0, "share_hard": 0.0}
    rows = [{"iteration": 1, "accuracy": 0.5}, {"iteration": 2, "accuracy": 0.75}]
    assert with_sampling(rows, [one(0, "all", 1.0), one(1, "hard", 0.25), one(1, "easy", 0.75)]) == [
        {"iteration": 1, "accuracy": 0.5, "effective_prompts": 3.5, **nothing},
        {
            "iteration": 2,
            "accuracy": 0.75,
            "share_medium": 0.0,
            "share_hard": 0.25,
            "success_hard": 0.25,
            "share_easy": 0.75,
            "success_easy": 0.25,
        },
    ]
    assert rows[0] == {"iteration": 1, "accuracy": 0.5}
