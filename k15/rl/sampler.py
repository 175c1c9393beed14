"""Which prompts an iteration trains on (§2.3.4): curriculum first, then prioritised sampling.

Curriculum: prompts in the order of their curated pass rate, easy first, drawn uniformly from a window that moves to
the hard end. Prioritised: drawn in proportion to 1 − s_i, where s_i is the tracked success rate. It starts at the
curated pass rate and moves towards each new group's; a floor keeps a solved prompt from being lost for good (ours).
Draws are a function of (seed, iteration, success rates): the success rates are the whole state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from k15.errors import UserError
from k15.params import Params
from k15.seeds import derive


class SamplerParams(Params):
    strategy: Literal["curriculum", "uniform"]
    """`curriculum`: easy to hard, then prioritised; `uniform`: every prompt alike, the baseline of Fig. 9."""
    curriculum_iterations: int = Field(ge=0)
    priority_floor: float = Field(gt=0, le=1)
    """Smallest weight of a prompt in prioritised sampling."""
    success_momentum: float = Field(ge=0, lt=1)
    """How much of the old success rate stays when a new group's comes in."""


class PromptSampler:
    """Draws prompt indices; `update` after each iteration."""

    def __init__(self, pass_rates: Sequence[float], params: SamplerParams, seed: int) -> None:
        if not pass_rates:
            raise UserError("no prompts to train on; loosen the filters of `prompts`")
        self.params, self.seed = params, seed
        self.success = np.array(pass_rates, dtype=np.float64)
        self._easy_first = np.argsort(-self.success, kind="stable")

    def draw(self, iteration: int, count: int) -> list[int]:
        """`count` prompts (different ones while there are enough) for `iteration` (from 0)."""
        generator = np.random.default_rng(derive(self.seed, "prompts", iteration))
        weights = self.weights(iteration)
        replace = count > int((weights > 0).sum())
        return generator.choice(len(weights), count, replace=replace, p=weights).tolist()

    def weights(self, iteration: int) -> np.ndarray:
        """Probability of every prompt at `iteration`."""
        size, warm = len(self.success), self.params.curriculum_iterations
        if self.params.strategy == "uniform":
            return np.full(size, 1 / size)
        if iteration >= warm:
            weights = np.maximum(1 - self.success, self.params.priority_floor)
            return weights / weights.sum()
        # The window covers half of the prompts and moves from the easy half to the hard half.
        width = (size + 1) // 2
        start = round((size - width) * iteration / max(1, warm - 1))
        weights = np.zeros(size)
        weights[self._easy_first[start : start + width]] = 1 / width
        return weights

    def update(self, rates: Mapping[int, float]) -> None:
        """Move the success rates of the prompts just answered."""
        momentum = self.params.success_momentum
        for index, rate in rates.items():
            self.success[index] = momentum * self.success[index] + (1 - momentum) * rate
