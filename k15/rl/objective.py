"""The policy objective (§2.3.2, eq. 3) and its named variants.

For k responses y_j of one prompt with rewards r_j, one step follows

    (1/k) Σ_j [ ∇log π(y_j)·(r_j − r̄) − (τ/2)·∇(log π(y_j)/π_i(y_j))² ]

with π_i the policy at the start of the iteration and whole-response log-probabilities. At π = π_i the second term has
no gradient, so τ matters only from the second minibatch step of an iteration on (tested).

Every choice below comes down to what stands for log π(y): u = Σ_t w_t·log π(y_t), the same w in both terms.

- Tokens that an older policy sampled (partial rollouts, §2.6.2) have w = 0 (`masked`), 1 (`kept`), or, `kept` with
  `truncation` c, min(c, π_i(y_t)/μ(y_t)) with μ as the engine recorded it: a constant, no gradient flows through it.
  So a token that π_i would not sample counts for nothing, one that it likes as well as μ did counts in full (ours).
- `length_normalised`: w is divided by the number of the response's unmasked tokens, whatever their weights (ours).
- `rest` (§3.5): the responses of a group with its highest reward, if that is positive, have advantage 1; no other
  response is trained on, nothing is pushed down, and there is no regulariser: maximum likelihood on the best samples.

Means are over the responses that are trained on: one without an unmasked token takes part in the baseline only.
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


class ObjectiveParams(Params):
    kind: Literal["eq3", "rest", "length_normalised"]
    tau: float = Field(gt=0)
    """Weight of the regulariser; `rest` has none."""
    baseline: Baseline
    earlier_segments: Literal["masked", "kept"] = "masked"
    """Tokens that an older policy than the iteration's sampled: out of the loss, or in it."""
    truncation: float | None = Field(default=None, gt=0)
    """Largest importance weight of a kept token of an older policy; null: all have weight 1."""

    @model_validator(mode="after")
    def _truncation_has_an_object(self) -> Self:
        if self.truncation is not None and self.earlier_segments != "kept":
            raise ValueError(
                "truncation weighs the tokens of earlier segments; set earlier_segments to kept, or it to null"
            )
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


def token_weights(earlier: Sequence[bool], params: ObjectiveParams) -> list[float]:
    """w of every token of a response, before truncation; `earlier`: an older policy sampled it."""
    kept = [params.earlier_segments == "kept" or not e for e in earlier]
    share = 1 / max(1, sum(kept)) if params.kind == "length_normalised" else 1.0
    return [share if k else 0.0 for k in kept]


@dataclass(frozen=True, kw_only=True)
class PolicyBatch(Batch):
    """One response a row. `weights` [B, T]: w of every response token; `advantage` [B]; `reference` [B]: u under π_i;
    `engine` [B, T]: the engine's log-probabilities; `earlier` [B, T]: tokens of older policies."""

    advantage: Tensor
    reference: Tensor
    engine: Tensor
    earlier: Tensor


def weighted_logprobs(model: VisionLanguageModel, batch: Batch) -> Tensor:
    """u [B]: log π(y|x) of each row's response, token by token times its weight."""
    assert batch.weights is not None
    return (logprobs(model, batch) * batch.weights).sum(-1)


def policy_loss(model: VisionLanguageModel, batch: Batch, tau: float) -> Tensor:
    """Summed over the rows; its gradient is minus eq. 3's direction times the number of rows."""
    assert isinstance(batch, PolicyBatch)
    return surrogate(weighted_logprobs(model, batch), batch.reference, batch.advantage, tau)


def surrogate(logprob: Tensor, reference: Tensor, advantage: Tensor, tau: float) -> Tensor:
    """−Σ_j [log π_j·A_j − (τ/2)·(log π_j − log π_i,j)²]; all arguments [k]."""
    return -(logprob * advantage - tau / 2 * (logprob - reference).pow(2)).sum()


def response_count(batch: Batch) -> float:
    """What the loss is averaged over: responses, not tokens."""
    return float(batch.tokens.shape[0])
