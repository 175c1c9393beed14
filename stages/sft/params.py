"""Section `sft` of params.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from k15.params import Params
from k15.training.trainer import OptimizerParams

Counts = dict[str, Annotated[int, Field(ge=1)]]


class Phase(Params):
    problems: Counts = Field(min_length=1)
    """Training problems by task family."""
    steps: int = Field(ge=1)
    batch_rows: int = Field(ge=1)
    optimizer: OptimizerParams


class Vanilla(Phase):
    long_context: int = Field(ge=0)
    """Long-context questions (needles) in the mixture."""


class Warmup(Phase):
    replayed: Counts
    """Problems with short answers among the long ones, so that what the vanilla phase taught is not forgotten."""


class SFTParams(Params):
    seed: int
    tensor_parallel: int = Field(ge=1)
    length: int = Field(ge=64)
    """Tokens of a packed row."""
    vanilla: Vanilla
    warmup: Warmup
    save_every: int = Field(ge=1)
