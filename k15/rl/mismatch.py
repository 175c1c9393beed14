"""How far trainer and engine disagree about the tokens that the engine sampled, and what is refused because of it.

With d = log π_trainer − log π_engine of a sampled token, over the tokens that the current policy sampled:

- mean and maximum of |d|;
- `kl`: mean of exp(d) − 1 − d (the "k3" estimator), an estimate of KL(π_engine ‖ π_trainer), never negative;
- `multiplicative`: mean of exp|d|, the factor by which a token's probability differs (1: not at all).

Tokens of older policies are apart: their d is how far the policy has moved since, and no fault (`earlier`).

This is exact for what the engine returns as *raw* log-probabilities, those of the model before temperature, top-p and
top-k: the trainer's are of the same kind. *Processed* ones are of the distribution that was sampled from; they are the
same only at temperature 1 without top-p and top-k. `kl` is an estimate of a divergence of the policies in that case
only; otherwise its mean is over another distribution's samples.

Not covered: how a disagreement arose; a sampler that is not the one that it says it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.distributed as dist
from megatron.core import parallel_state
from pydantic import Field
from torch import Tensor

from k15.errors import UserError
from k15.params import Params
from k15.rollout.types import Sampling


class MismatchParams(Params):
    """Limits at which the stage refuses to go on."""

    mean_limit: float = Field(gt=0)
    """Mean |log-prob difference| between trainer and engine."""
    multiplicative_limit: float = Field(gt=1)
    """Mean factor between a token's two probabilities: unlike the mean difference, a few wild tokens drive it up."""
    canary_limit: float = Field(gt=0)
    """Largest |log-prob difference| of a canary's token after a hand-over of weights."""


@dataclass(frozen=True)
class Mismatch:
    """`tokens` of the current policy and `earlier_tokens` of older ones were compared; means over none are 0."""

    mean: float
    maximum: float
    kl: float
    multiplicative: float
    tokens: int
    earlier_mean: float
    earlier_tokens: int

    @property
    def figures(self) -> dict[str, float]:
        return {
            "mismatch": round(self.mean, 7),
            "mismatch_max": round(self.maximum, 7),
            "mismatch_kl": float(f"{self.kl:.4g}"),
            "mismatch_multiplicative": round(self.multiplicative, 9),
            "mismatch_tokens": self.tokens,
            "mismatch_earlier": round(self.earlier_mean, 7),
            "mismatch_earlier_tokens": self.earlier_tokens,
        }


class Comparison:
    """Collects differences batch by batch."""

    def __init__(self) -> None:
        self._sums = torch.zeros(6, dtype=torch.float64)
        self._largest = torch.zeros(1, dtype=torch.float64)

    def add(self, trainer: Tensor, engine: Tensor, earlier: Tensor) -> None:
        """Log-probabilities of the same sampled tokens by both, and which of the tokens an older policy sampled."""
        difference = (trainer - engine).double().cpu()
        earlier = earlier.cpu()
        own, size = difference[~earlier], difference.abs()
        zero = torch.zeros((), dtype=torch.float64)
        parts = [
            own.abs().sum(),
            (own.exp() - 1 - own).sum(),
            own.abs().exp().sum(),
            zero + len(own),
            size[earlier].sum(),
            earlier.sum(),
        ]
        self._sums += torch.stack([part.double() for part in parts])
        self._largest = torch.cat([self._largest, own.abs()]).amax(0, keepdim=True)

    def result(self, device: torch.device) -> Mismatch:
        """Over all data-parallel ranks. Collective."""
        group = parallel_state.get_data_parallel_group()
        sums, largest = self._sums.to(device), self._largest.to(device)
        dist.all_reduce(sums, group=group)
        dist.all_reduce(largest, dist.ReduceOp.MAX, group=group)
        absolute, kl, factor, tokens, earlier, earlier_tokens = sums.tolist()
        count = max(1.0, tokens)
        return Mismatch(
            mean=absolute / count,
            maximum=largest.item(),
            kl=kl / count,
            multiplicative=factor / count if tokens else 1.0,
            tokens=int(tokens),
            earlier_mean=earlier / max(1.0, earlier_tokens),
            earlier_tokens=int(earlier_tokens),
        )


def check(mismatch: Mismatch, limits: MismatchParams, iteration: int) -> None:
    """Refuse rollouts that are not the policy's; what cannot be compared (NaN) is refused too."""
    within = mismatch.mean <= limits.mean_limit and mismatch.multiplicative <= limits.multiplicative_limit
    if not within:
        raise UserError(
            f"engine and trainer disagree by {mismatch.mean:.4g} a token (limit {limits.mean_limit:g}) and a factor of "
            f"{mismatch.multiplicative:.4g} (limit {limits.multiplicative_limit:g}), at most {mismatch.maximum:.4g} on "
            f"{mismatch.tokens} tokens of iteration {iteration + 1}; the rollouts are not the policy's: check the "
            "hand-over of the weights, then the engine's precision"
        )


def refuse_biased(sampling: Sampling, raw_logprobs: bool, truncation: float | None) -> None:
    """Refuse settings under which the engine's log-probabilities cannot serve as what they are used for.

    The mismatch needs the model's own: processed ones are those only if nothing is done to the distribution. An
    importance weight needs those of the distribution that was sampled from: that is the model's own on the same
    condition only, raw or processed.
    """
    plain = sampling.temperature == 1 and sampling.top_p >= 1 and sampling.top_k <= 0
    if plain:
        return
    what = f"temperature {sampling.temperature:g}, top_p {sampling.top_p:g}, top_k {sampling.top_k}"
    if not raw_logprobs:
        raise UserError(
            f"the engine's log-probabilities are processed ones and sampling has {what}: they are not the policy's; "
            "make the engine return raw log-probabilities, or sample with temperature 1, top_p 1 and top_k 0"
        )
    if truncation is not None:
        raise UserError(
            f"truncation needs the probabilities that tokens were sampled with, and sampling has {what}; "
            "sample with temperature 1, top_p 1 and top_k 0, or set truncation to null"
        )
