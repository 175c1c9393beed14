"""Section `rl` of params.yaml, and `long2short.rl`, which is the same with other values."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from k15.errors import UserError
from k15.params import Params
from k15.rl.mismatch import MismatchParams, refuse_biased
from k15.rl.objective import ObjectiveParams
from k15.rl.rewarding import RewardParams
from k15.rl.rollouts import PartialParams
from k15.rl.sampler import SamplerParams
from k15.rl.validation import ValidationParams
from k15.rollout.params import EngineParams
from k15.rollout.types import Repetition, Sampling
from k15.seeds import derive
from k15.training.trainer import OptimizerParams


class RepetitionParams(Params):
    """Early end of a response that runs in circles (§2.6)."""

    max_pattern: int = Field(ge=1)
    """Tokens of the longest pattern that is looked for."""
    min_count: int = Field(ge=2)
    """How often running it must have come."""


class RoundsParams(Params):
    """Beyond the paper: long-context RL and long2short take turns within one run."""

    long: int = Field(ge=1)
    """Iterations of a round under the section's own limit and reward."""
    short: int = Field(ge=1)
    """Iterations after them under these two."""
    max_tokens: int = Field(ge=1)
    length_weight: float = Field(gt=0)

    def is_short(self, iteration: int) -> bool:
        return iteration % (self.long + self.short) >= self.long


class RLParams(Params):
    seed: int
    ranks: int = Field(ge=1)
    """Trainer processes, which the stage starts on this machine unless torchrun has. Several need engines outside of
    them (`engine.deployment`), and differ from one in the last bits of every sum."""
    tensor_parallel: int = Field(ge=1)
    """Ranks that share one copy of the weights; `ranks / tensor_parallel` copies share the responses."""
    iterations: int = Field(ge=1)
    group_size: int = Field(ge=2)
    """Responses a prompt (k); with one there is nothing to compare."""
    prompts_per_iteration: int | None = Field(ge=1)
    """Prompts that an iteration answers to the end; null with `partial`, whose token budget decides instead."""
    partial: PartialParams | None
    replicas: int = Field(ge=1)
    """Engines that share a rollout (section `engine` says where they run); each takes the memory that section gives.
    Other numbers give other samples. Worth it for small models on several cores."""
    max_tokens: int = Field(ge=1)
    temperature: float = Field(gt=0)
    top_p: float = Field(gt=0, le=1)
    top_k: int = Field(ge=0)
    repetition: RepetitionParams | None
    objective: ObjectiveParams
    minibatches: int = Field(ge=1)
    """Steps of an iteration; with one, tau has no effect (it first acts at the second)."""
    optimizer: OptimizerParams
    freeze_vision: bool
    """Leave tower and projector as SFT made them: Adam, empty again every iteration, moves every weight by about the
    learning rate however little the few pictures of a minibatch say about it."""
    reward: RewardParams
    rounds: RoundsParams | None
    sampler: SamplerParams
    microbatch_tokens: int = Field(ge=64)
    """Padded tokens of a training microbatch."""
    mismatch: MismatchParams
    validation: ValidationParams
    record_every: int | None = Field(ge=1)
    """Keep every n-th iteration in `recordings/`, for `python -m k15.rl.replay`."""

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if (self.prompts_per_iteration is None) == (self.partial is None):
            raise ValueError("give prompts_per_iteration or partial, and null for the other")
        return self

    @model_validator(mode="after")
    def _whole_copies(self) -> Self:
        if self.ranks % self.tensor_parallel:
            raise ValueError(f"ranks ({self.ranks}) must be a multiple of tensor_parallel ({self.tensor_parallel})")
        return self

    def check_engine(self, engine: EngineParams) -> None:
        """UserError where the two sections do not go together."""
        if self.ranks > 1 and engine.deployment == "in_process":
            raise UserError(
                f"engine.deployment in_process goes with one trainer rank, and ranks is {self.ranks}; "
                "set it to process or http"
            )
        refuse_biased(self.sampling(0), engine.logprobs == "raw", self.objective.truncation)

    def sampling(self, iteration: int) -> Sampling:
        """How responses are sampled in `iteration` (from 0)."""
        short = self.rounds is not None and self.rounds.is_short(iteration)
        return Sampling(
            self.group_size,
            self.temperature,
            self.rounds.max_tokens if short and self.rounds else self.max_tokens,
            self.top_p,
            self.top_k,
            seed=derive(self.seed, "rollout", iteration),
            repetition=Repetition(**vars(self.repetition)) if self.repetition else None,
        )

    def reward_at(self, iteration: int) -> RewardParams:
        """What responses are worth in `iteration` (from 0)."""
        if self.rounds is None or not self.rounds.is_short(iteration):
            return self.reward
        return self.reward.model_copy(update={"length_weight": self.rounds.length_weight, "length_warmup": 0})
