"""Section `sft` of params.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from k15.params import Params
from k15.training.trainer import OptimizerParams


class Phase(Params):
    problems: dict[str, Annotated[int, Field(ge=1)]] = Field(min_length=1)
    """Training problems by task family."""
    steps: int = Field(ge=1)
    batch_rows: int = Field(ge=1)
    optimizer: OptimizerParams


class Vanilla(Phase):
    long_context: int = Field(ge=0)
    """Long-context questions (needles) in the mixture."""


class SFTParams(Params):
    seed: int
    tensor_parallel: int = Field(ge=1)
    length: int = Field(ge=64)
    """Tokens of a packed row."""
    vanilla: Vanilla
    warmup: Phase
    save_every: int = Field(ge=1)
