"""Section `long_context` of params.yaml."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field, model_validator

from k15.params import Params
from k15.training.trainer import OptimizerParams


class Length(Params):
    """One rung of the ladder."""

    length: int = Field(ge=64)
    """Tokens a row; a multiple of the curated blocks' length."""
    steps: int = Field(ge=1)
    batch_rows: int = Field(ge=2)


class LongContextParams(Params):
    seed: int
    tensor_parallel: int = Field(ge=1)
    rope_base: int = Field(ge=1)
    full_attention_share: float = Field(gt=0, lt=1)
    """Share of full-attention rows (40 %)."""
    synthetic_share: float = Field(ge=0, le=1)
    """Of the full-attention rows: synthetic long question answering; the rest is long text."""
    lengths: tuple[Length, ...] = Field(min_length=1)
    optimizer: OptimizerParams
    needles: int = Field(ge=1)
    """Needles measured at each length."""
    save_every: int = Field(ge=1)

    @model_validator(mode="after")
    def _lengths_rise(self) -> LongContextParams:
        lengths = [rung.length for rung in self.lengths]
        if any(later <= earlier for earlier, later in pairwise(lengths)):
            raise ValueError(f"lengths must rise from rung to rung, not {lengths}")
        return self
