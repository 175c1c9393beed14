"""The policy objective (§2.3.2, eq. 3).

For k responses y_j of one prompt with rewards r_j, one step follows

    (1/k) Σ_j [ ∇log π(y_j)·(r_j − r̄) − (τ/2)·∇(log π(y_j)/π_i(y_j))² ]

with π_i the policy at the start of the iteration and whole-response log-probabilities. At π = π_i the second term has
no gradient, so τ matters only from the second minibatch step of an iteration on (tested).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from k15.model.vlm import VisionLanguageModel
from k15.params import Params
from k15.training.batch import Batch
from k15.training.trainer import logprobs

Baseline = Literal["mean", "log_mean_exp"]


class ObjectiveParams(Params):
    kind: str
    earlier_segments: str
    truncation: float | None
    tau: float
    baseline: Baseline


def advantages(rewards: Sequence[float], baseline: Baseline, tau: float) -> list[float]:
    """r_j minus the baseline of its group: the mean reward (as used in the paper), or τ·log mean exp(r/τ), the
    estimate of τ·log Z that the mean replaces."""
    if baseline == "mean":
        reference = sum(rewards) / len(rewards)
    else:
        top = max(rewards)
        mean = sum(math.exp((r - top) / tau) for r in rewards) / len(rewards)
        reference = top + tau * math.log(mean)
    return [r - reference for r in rewards]


@dataclass(frozen=True)
class PolicyBatch(Batch):
    """One response a row. `advantage` [B]; `reference` [B]: log π_i of the whole response."""

    advantage: Tensor | None = None
    reference: Tensor | None = None


def response_logprobs(model: VisionLanguageModel, batch: Batch) -> Tensor:
    """log π(y|x) [B]: the sum over each row's response tokens."""
    return logprobs(model, batch).sum(-1)


def policy_loss(model: VisionLanguageModel, batch: Batch, tau: float) -> Tensor:
    """Summed over the rows; its gradient is minus eq. 3's direction times k."""
    assert isinstance(batch, PolicyBatch) and batch.advantage is not None and batch.reference is not None
    return surrogate(response_logprobs(model, batch), batch.reference, batch.advantage, tau)


def surrogate(logprob: Tensor, reference: Tensor, advantage: Tensor, tau: float) -> Tensor:
    """−Σ_j [log π_j·A_j − (τ/2)·(log π_j − log π_i,j)²]; all arguments [k]."""
    return -(logprob * advantage - tau / 2 * (logprob - reference).pow(2)).sum()


def response_count(batch: Batch) -> float:
    """What the loss is averaged over: responses, not tokens."""
    return float(batch.tokens.shape[0])
