"""Section `pretrain` of params.yaml."""

from __future__ import annotations

from pydantic import Field

from k15.params import Params
from k15.training.trainer import OptimizerParams


class Recall(Params):
    """A last phase (ours) on short documents that ask for something stated before, mixed with text."""

    steps: int = Field(ge=0)
    rows: int = Field(ge=1)
    length: int = Field(ge=64)
    text_rows: int = Field(ge=1)
    optimizer: OptimizerParams


class PretrainParams(Params):
    seed: int
    tensor_parallel: int = Field(ge=1)
    init_from: str | None
    """Directory of a Hugging Face LLaVA checkpoint of this architecture to start from instead of random weights; a
    relative path counts from the repository."""
    batch_rows: int = Field(ge=1)
    steps: int = Field(ge=1)
    optimizer: OptimizerParams
    recall: Recall
    validation_blocks: int = Field(ge=1)
    save_every: int = Field(ge=1)
