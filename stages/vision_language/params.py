"""Section `vision_language` of params.yaml."""

from __future__ import annotations

from pydantic import Field

from k15.params import Params
from k15.training.trainer import OptimizerParams


class Phase(Params):
    steps: int = Field(ge=1)
    batch_rows: int = Field(ge=1)
    optimizer: OptimizerParams


class VisionLanguageParams(Params):
    seed: int
    tensor_parallel: int = Field(ge=1)
    vision_share: float = Field(gt=0, lt=1)
    """Share of vision-language rows at the end of the ramp and through cooldown."""
    tower: Phase
    ramp: Phase
    cooldown: Phase
    cooldown_kinds: tuple[str, ...]
    validation_blocks: int = Field(ge=1)
    save_every: int = Field(ge=1)
