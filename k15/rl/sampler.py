"""Which prompts an iteration trains on (§2.3.4): a curriculum by curated pass rate, and prioritised sampling.

Curriculum. `switch`, that of Fig. 9: every prompt alike, from a set iteration on only the hard pool. `smooth` (ours):
every prompt alike within a window, half of the prompts wide, that moves from the easy end to the hard one.

Prioritised: in proportion to 1 − s_i, from the start without a curriculum and after it with one: within the hard pool
after `switch`, among all prompts after `smooth`. Not prioritised, `smooth` stays at its last window. The paper leaves
s_i open; ours is the success of the prompt's last groups with the curated pass rate as prior, and a floor under the
weights keeps a solved prompt from being lost for good.

Guarantees: an order is a function of seed, iteration and success history; leaving prompts out does not change the
order of the others; `state` holds the whole history, and a sampler that restores it gives the same orders.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from k15.errors import UserError
from k15.params import Params
from k15.rl.trajectory import RLPrompt
from k15.seeds import derive

Row = dict[str, Any]

HARD_BELOW, EASY_FROM = 0.25, 0.75
"""Curated pass rates that part the difficulties of `statistics`."""


class SamplerParams(Params):
    curriculum: Literal["none", "switch", "smooth"]
    """With `none` and without `prioritised`: every prompt alike, the baseline of Fig. 9."""
    curriculum_iterations: int = Field(ge=0)
    """The iteration (from 0) at which `switch` goes to the hard pool; how many iterations the window of `smooth` moves.
    Not used without a curriculum."""
    hard_below: float = Field(gt=0, le=1)
    """The hard pool of `switch`: prompts with a curated pass rate below this. Not used otherwise."""
    prioritised: bool
    prior: float = Field(gt=0)
    """How many groups the curated pass rate counts for in a success rate."""
    window: int = Field(ge=1)
    """A success rate looks back this many groups of its prompt."""
    floor: float = Field(gt=0, le=1)
    """The smallest 1 − s_i in prioritised sampling."""

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.curriculum == "smooth" and not self.curriculum_iterations:
            raise ValueError("curriculum smooth needs curriculum_iterations of at least 1; or set curriculum to none")
        return self


class PromptSampler:
    """Orders prompt indices for each iteration; `update` once the iteration's groups are judged."""

    def __init__(self, prompts: Sequence[RLPrompt], params: SamplerParams, seed: int) -> None:
        if not prompts:
            raise UserError("no prompts to train on; loosen the filters of `prompts`")
        self.params, self.seed = params, seed
        self._ids = [prompt.id for prompt in prompts]
        # The prompt set stores pass rates in float32, where 0.7 is a little less than 0.7.
        self.curated = np.round(np.array([prompt.pass_rate for prompt in prompts], dtype=np.float64), 6)
        self._recent: list[deque[float]] = [deque(maxlen=params.window) for _ in prompts]
        self.success = self.curated.copy()
        self._hard = self.curated < params.hard_below
        # Prompts of one pass rate in random order: in the order of the set they would go by family.
        ties = np.random.default_rng(derive(seed, "curriculum")).random(len(prompts))
        self._easy_first = np.lexsort((ties, -self.curated))
        if params.curriculum == "switch" and not self._hard.any():
            raise UserError(
                f"no prompt has a pass rate below {params.hard_below} for the curriculum to switch to (the lowest is "
                f"{self.curated.min():g}); raise sampler.hard_below"
            )

    def order(self, iteration: int, exclude: Collection[int] = (), lap: int = 0) -> list[int]:
        """The prompts of `iteration` (from 0) in random order, each once, heavier ones sooner: the next is always drawn
        in proportion to the weights of those that are left. Prompts of weight 0 and `exclude` are not in it; another
        `lap` is another order of the same prompts."""
        weights = self.weights(iteration)
        # Each prompt has a number of its own, whichever others take part: exponential variables with the weights as
        # rates come out smallest first in just this order (Efraimidis and Spirakis).
        generator = np.random.default_rng(derive(self.seed, "prompts", iteration, lap))
        arrival = generator.standard_exponential(len(weights))
        weights[list(exclude)] = 0
        eligible = np.flatnonzero(weights)
        order: list[int] = eligible[np.argsort(arrival[eligible] / weights[eligible], kind="stable")].tolist()
        return order

    def draw(self, iteration: int, count: int, exclude: Collection[int] = ()) -> list[int]:
        """The first `count` prompts of `iteration`'s order without `exclude`; where it has fewer, then those of further
        laps, in which all take part."""
        drawn: list[int] = []
        lap = 0
        while len(drawn) < count:
            drawn += self.order(iteration, () if lap else exclude, lap)
            lap += 1
        return drawn[:count]

    def weights(self, iteration: int) -> np.ndarray:
        """The probability of every prompt to be the first of `iteration`'s order."""
        params = self.params
        over = params.curriculum == "none" or iteration >= params.curriculum_iterations
        weights = np.ones(len(self.success))
        if over and params.prioritised:
            weights = np.maximum(1 - self.success, params.floor)
        if params.curriculum == "switch" and over:
            weights[~self._hard] = 0
        elif params.curriculum == "smooth" and not (over and params.prioritised):
            weights[self._outside_window(iteration)] = 0
        return weights / weights.sum()

    def _outside_window(self, iteration: int) -> np.ndarray:
        size, last = len(self.success), self.params.curriculum_iterations - 1
        width = (size + 1) // 2
        start = round((size - width) * min(iteration, last) / max(1, last))
        return np.delete(self._easy_first, slice(start, start + width))

    def update(self, groups: Iterable[tuple[int, float]]) -> None:
        """Take in prompt index and success of each group that was completed, in the order of their numbers."""
        for index, success in groups:
            if not 0 <= success <= 1:
                raise ValueError(f"a success rate of {success} for prompt {self._ids[index]}")
            self._recent[index].append(success)
            self._estimate(index)

    def _estimate(self, index: int) -> None:
        """s = (prior · curated pass rate + Σ success of the last groups) / (prior + number of these groups)."""
        recent, prior = self._recent[index], self.params.prior
        self.success[index] = (prior * self.curated[index] + sum(recent)) / (prior + len(recent))

    def state(self) -> list[Row]:
        """The success history, one row a prompt."""
        return [
            {"prompt": i, "prompt_id": name, "recent": list(recent)}
            for i, (name, recent) in enumerate(zip(self._ids, self._recent, strict=True))
        ]

    def restore(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Go on from a `state`, its rows in any order."""
        rows = sorted(rows, key=lambda row: row["prompt"])
        if [(row["prompt"], row["prompt_id"]) for row in rows] != list(enumerate(self._ids)):
            raise UserError("the saved sampler state is of another prompt set; remove the saved run and start again")
        for index, row in enumerate(rows):
            self._recent[index] = deque(row["recent"], maxlen=self.params.window)
            self._estimate(index)

    def statistics(self, iteration: int, drawn: Sequence[int]) -> list[Row]:
        """What was sampled by difficulty, one row each and one for `all`; before `update`, so that weights and success
        are those that `drawn` was drawn by.

        `prompts`: how many there are; `sampled`, `share`: how many of `drawn`, and of each; `weight`: the share to
        expect; `success`: mean success rate; `effective`: how many prompts of equal weight have as much entropy.
        """
        weights = self.weights(iteration)
        counts = np.bincount(np.asarray(drawn, dtype=np.int64), minlength=len(weights))
        hard, easy = self.curated < HARD_BELOW, self.curated >= EASY_FROM
        bins = {"hard": hard, "medium": ~hard & ~easy, "easy": easy, "all": np.ones_like(hard)}
        return [
            {
                "iteration": iteration,
                "difficulty": name,
                "prompts": int(members.sum()),
                "sampled": int(counts[members].sum()),
                "share": round(float(counts[members].sum()) / max(1, len(drawn)), 4),
                "weight": round(float(weights[members].sum()), 4),
                "success": round(float(self.success[members].mean()), 4),
                "effective": round(_effective(weights[members]), 2),
            }
            for name, members in bins.items()
            if members.any()
        ]


def _effective(weights: np.ndarray) -> float:
    """exp of the entropy of `weights`; 0 where all are 0."""
    positive = weights[weights > 0]
    shares = positive / positive.sum()
    return float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0
