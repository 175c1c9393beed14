"""The policy objective (§2.3.2, eq. 3) and its named variants.

For k responses y_j of one prompt with rewards r_j, one step follows

    (1/k) Σ_j [ ∇log π(y_j)·(r_j − r̄) − (τ/2)·∇(log π(y_j)/π_i(y_j))² ]

with π_i the policy at the start of the iteration and whole-response log-probabilities. At π = π_i the second term has
no gradient, so τ matters only from the second minibatch step of an iteration on (tested).

What is computed is the same with a weight w and an advantage A of every token, and a share s of every response:

    Σ_j s_j·[ Σ_t A_t·w_t·∇log π(y_t) − (τ/2)·∇(u_j − u_i,j)² ] / Σ_j s_j        u = Σ_t w_t·log π(y_t)

In eq. 3 all s and w are 1 and A is r_j − r̄ throughout. `k15.rl.credit` says what A and s are where responses have
branches (ours): with `credit: prefix` A is one number before the branching and another after it, so the first term is
no longer that of one whole-response advantage; the regulariser stays that of the whole response.

Every other choice comes down to w, what stands for log π(y) in both terms.

- A response of several segments (partial rollouts, §2.6.2) has w = 0 before its last one (`masked`) or w = 1 throughout
  (`kept`); `on_policy` leaves out whatever π_i itself did not sample. The last segment is older than π_i where a
  response had to wait for the rest of its group: without it little would be left of a group with one straggler.
- With `truncation` c, tokens that an older policy μ sampled have w = min(c, π_i(y_t)/μ(y_t)), with μ as the engine
  recorded it: a constant, no gradient flows through it. So a token that π_i would not sample counts for nothing, one
  that it likes as well as μ did counts in full (ours).
- `length_normalised`: w is divided by the number of the response's unmasked tokens, whatever their weights (ours).
- `rest` (§3.5): the responses of a group with its highest reward, if that is positive, have advantage 1; no other
  response is trained on, nothing is pushed down, and there is no regulariser: maximum likelihood on the best samples.

Means are over the responses that are trained on: one without an unmasked token takes part in the baseline only. A group
whose responses all have the same reward has no first term; `uniform_groups` says whether its regulariser counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator
from torch import Tensor

from k15.model.vlm import VisionLanguageModel
from k15.params import Params
from k15.training.batch import Batch
from k15.training.trainer import logprobs

Baseline = Literal["mean", "log_mean_exp"]
EarlierSegments = Literal["masked", "kept", "on_policy"]


class ObjectiveParams(Params):
    kind: Literal["eq3", "rest", "length_normalised"]
    tau: float = Field(gt=0)
    """Weight of the regulariser; `rest` has none."""
    baseline: Baseline
    earlier_segments: EarlierSegments = "masked"
    """Segments before a response's last: out of the loss, or in it; `on_policy`: only what the iteration's own policy
    sampled is in it."""
    truncation: float | None = Field(default=None, gt=0)
    """Largest importance weight of a token of an older policy; null: all have weight 1."""
    credit: Literal["response", "prefix"] = "response"
    """Whether a response that has branches gets one advantage, or one before the branching and one after it."""

    uniform_groups: Literal["left_out", "kept"] = "left_out"
    """Groups without a difference in reward: out, which saves their share of the update and leaves the mean to the
    others, or kept, so that the regulariser holds them too, as eq. 3 has it."""

    @model_validator(mode="after")
    def _truncation_has_an_object(self) -> Self:
        if self.truncation is not None and self.earlier_segments == "on_policy":
            raise ValueError(
                "truncation weighs the tokens of older policies, which on_policy leaves out; set earlier_segments to "
                "masked or kept, or truncation to null"
            )
        return self

    @model_validator(mode="after")
    def _rest_has_no_values(self) -> Self:
        if self.kind == "rest" and self.credit == "prefix":
            raise ValueError("rest trains on whole responses; set credit to response, or kind to another objective")
        return self

    @property
    def regulariser(self) -> float:
        return 0.0 if self.kind == "rest" else self.tau


def advantages(rewards: Sequence[float], params: ObjectiveParams) -> list[float]:
    """r_j minus the baseline of its group: the mean reward (as used in the paper), or τ·log mean exp(r/τ), the
    estimate of τ·log Z that the mean replaces. `rest`: 1 for the best responses, 0 for the others."""
    top = max(rewards)
    if params.kind == "rest":
        return [float(r == top and r > 0) for r in rewards]
    if params.baseline == "mean":
        reference = sum(rewards) / len(rewards)
    else:
        mean = sum(math.exp((r - top) / params.tau) for r in rewards) / len(rewards)
        reference = top + params.tau * math.log(mean)
    return [r - reference for r in rewards]


def token_weights(versions: Sequence[int], current: int, params: ObjectiveParams) -> list[float]:
    """w of every token of a response, before truncation; `versions`: the policies that sampled them, `current`: π_i."""
    oldest = {"masked": max(versions, default=0), "kept": 0, "on_policy": current}[params.earlier_segments]
    kept = [version >= oldest for version in versions]
    share = 1 / max(1, sum(kept)) if params.kind == "length_normalised" else 1.0
    return [share if k else 0.0 for k in kept]


@dataclass(frozen=True, kw_only=True)
class PolicyBatch(Batch):
    """One response a row. `weights` and `advantage` [B, T]: w and A of every response token; `share` [B];
    `reference` [B]: u under π_i; `engine` [B, T]: the engine's log-probabilities; `earlier` [B, T]: tokens of older
    policies."""

    advantage: Tensor
    share: Tensor
    reference: Tensor
    engine: Tensor
    earlier: Tensor


def weighted_logprobs(model: VisionLanguageModel, batch: Batch) -> Tensor:
    """w·log π of every response token [B, T]."""
    assert batch.weights is not None
    return logprobs(model, batch) * batch.weights


def policy_loss(model: VisionLanguageModel, batch: Batch, tau: float) -> Tensor:
    """Summed over the rows; its gradient is minus the direction above times the sum of their shares."""
    assert isinstance(batch, PolicyBatch)
    logs = weighted_logprobs(model, batch)
    return surrogate(logs, batch.reference, batch.advantage, batch.share, tau)


def surrogate(logs: Tensor, reference: Tensor, advantage: Tensor, share: Tensor, tau: float) -> Tensor:
    """−Σ_j s_j·[Σ_t A_t·logs_t − (τ/2)·(Σ_t logs_t − u_i,j)²]; `logs` (w·log π) and A are [k, T], the others [k]."""
    moved = logs.sum(-1) - reference
    return -(share * ((advantage * logs).sum(-1) - tau / 2 * moved.pow(2))).sum()


def response_count(batch: Batch) -> float:
    """What the loss is averaged over: responses, those of one root together as one; not tokens."""
    assert isinstance(batch, PolicyBatch)
    return float(batch.share.sum())
