"""What of a group's rewards each token is credited with; beyond the paper, where it knows more than eq. 3.

A response that a token budget cut may have gone on as m branches (partial rollouts, `PartialParams.branches`): m
samples of what can come of one prefix. Their mean reward estimates its value V, and splits a branch's advantage:

    r_j − b  =  (V − b)  +  (r_j − V)        b: the baseline of the group, over its roots' values

- `response`: every token of the branch has the sum, as in eq. 3.
- `prefix`: the tokens that the branches share have the first part, those after them the second: a branch is compared
  with others that begin like it, not with whatever else was answered to the prompt.

A root without branches, or with one judged response only, has V = r: the second part is 0, and both are eq. 3.

Every branch counts 1/m (`share`), so a root counts once, and what the branches share is trained on once in all, 1/m of
it in each of their rows. There both credits have the same gradient at π_i, Σ_j (1/m)(r_j − b) = V − b (where w is the
same in all rows: not `length_normalised`); it is trained on only with `earlier_segments: kept`. After it, r_j − V says
less than r_j − b, since r_j is part of V: by a factor of (m − 1)/m in expectation, where eq. 3 itself has (k − 1)/k.
"""

from __future__ import annotations

from dataclasses import dataclass

from k15.rl.objective import ObjectiveParams, advantages
from k15.rl.trajectory import Group, Response


@dataclass(frozen=True)
class Credit:
    """Of one response: the advantage of each token, and what the response counts for in the mean over all."""

    advantages: list[float]
    share: float


def credits(group: Group, params: ObjectiveParams) -> list[Credit]:
    """One for each judged response of the group."""
    responses, shares = group.responses, group.shares()
    if params.kind == "rest":
        best = advantages([response.reward for response in responses], params)
        return [Credit([a] * r.length, share) for r, a, share in zip(responses, best, shares, strict=True)]
    families = group.families()
    values = {root: sum(r.reward for r in family) / len(family) for root, family in families.items()}
    firsts = dict(zip(values, advantages(list(values.values()), params), strict=True))
    found = []
    for response, share in zip(responses, shares, strict=True):
        root = group.root(response)
        first, second = firsts[root], response.reward - values[root]
        parted = _shared_tokens(response, families[root]) if params.credit == "prefix" else None
        found.append(Credit(_by_token(response.length, parted, first, second), share))
    return found


def _shared_tokens(response: Response, family: list[Response]) -> int | None:
    """How many tokens of `response` it has in common with its family; None if it has none beside it."""
    if len(family) == 1:
        return None
    segments = max(other.shared for other in family)
    return sum(len(segment.ids) for segment in response.segments[:segments])


def _by_token(length: int, parted: int | None, first: float, second: float) -> list[float]:
    if parted is None:
        return [first + second] * length
    return [first] * parted + [second] * (length - parted)
