"""Section `pretrain` of params.yaml."""

from __future__ import annotations

from pydantic import Field

from k15.params import Params
from k15.training.trainer import OptimizerParams


class PretrainParams(Params):
    seed: int
    tensor_parallel: int = Field(ge=1)
    init_from: str | None
    """Directory of a Hugging Face LLaVA checkpoint of this shape to start from instead of random weights."""
    batch_rows: int = Field(ge=1)
    copy_steps: int = Field(ge=0)
    copy_optimizer: OptimizerParams
    steps: int = Field(ge=1)
    optimizer: OptimizerParams
    validation_blocks: int = Field(ge=1)
    save_every: int = Field(ge=1)
