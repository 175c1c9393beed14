"""What one iteration was like, as one row of the curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from k15.rl.rollouts import AGE
from k15.rl.trajectory import Group
from k15.rollout.types import LENGTH, REPETITION


def summary(groups: Sequence[Group]) -> dict[str, Any]:
    """Means over the judged responses, the branches of a root together counting once, and how many there are in all and
    without a verdict; zeros where there are none (a short token budget may complete no group)."""
    responses = [r for g in groups for r in g.responses]
    shares = [share for g in groups for share in g.shares()]
    unjudged = sum(len(g.unjudged) for g in groups)

    def mean(values: list[float], digits: int) -> float:
        weighted = sum(share * value for share, value in zip(shares, values, strict=True))
        return round(weighted / sum(shares), digits) if values else 0.0

    return {
        "accuracy": mean([r.score for r in responses], 4),
        "reward": mean([r.reward for r in responses], 4),
        "length": mean([r.length for r in responses], 2),
        "truncated": mean([r.finish_reason == LENGTH for r in responses], 4),
        "repeated": mean([r.finish_reason == REPETITION for r in responses], 4),
        "aged": mean([r.finish_reason == AGE for r in responses], 4),
        "in_parts": mean([len(r.segments) > 1 for r in responses], 4),
        "responses": len(responses) + unjudged,
        "unjudged": unjudged,
    }


def with_sampling(rows: Sequence[Mapping[str, Any]], sampling: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The curve with `PromptSampler.statistics` in it: of each difficulty the `share` of what was sampled and, where it
    has prompts, its `success`; and the effective number of prompts."""
    nothing = {f"share_{difficulty}": 0.0 for difficulty in ("easy", "medium", "hard")}
    found: list[dict[str, Any]] = [{**row, **nothing} for row in rows]
    for one in sampling:
        row, difficulty = found[one["iteration"]], one["difficulty"]
        if difficulty == "all":
            row["effective_prompts"] = one["effective"]
        else:
            row |= {f"share_{difficulty}": one["share"], f"success_{difficulty}": one["success"]}
    return found
