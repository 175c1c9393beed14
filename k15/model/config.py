"""The shape of the model: what `params.yaml: model` says, and what a checkpoint's `model.json` holds."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field, model_validator

from k15.errors import UserError
from k15.params import Params


class ModelParams(Params):
    """Sizes of decoder and vision tower (section `model`)."""

    hidden_size: int = Field(ge=8)
    layers: int = Field(ge=1)
    heads: int = Field(ge=1)
    kv_heads: int = Field(ge=1)
    head_dim: int = Field(ge=8, multiple_of=2)
    ffn_size: int = Field(ge=8)
    rope_base: int = Field(ge=1)
    """Base of the rotary embedding until long-context activation raises it."""
    init_std: float = Field(gt=0)
    image_size: int = Field(ge=8)
    """Side of the square picture, in pixels."""
    patch_size: int = Field(ge=2)
    vision_hidden_size: int = Field(ge=8)
    vision_layers: int = Field(ge=1)
    vision_heads: int = Field(ge=1)
    vision_ffn_size: int = Field(ge=8)

    @model_validator(mode="after")
    def _divisible(self) -> ModelParams:
        for large, small in (
            ("heads", "kv_heads"),
            ("image_size", "patch_size"),
            ("vision_hidden_size", "vision_heads"),
        ):
            if getattr(self, large) % getattr(self, small):
                raise ValueError(f"{large} must be a multiple of {small}")
        return self


class ModelConfig(ModelParams):
    """A built model's shape: the parameters, its vocabulary and the longest sequence it was trained for."""

    vocab_size: int = Field(ge=8)
    max_length: int = Field(ge=1)

    @property
    def image_tokens(self) -> int:
        """Decoder positions that one picture takes: one per patch."""
        return (self.image_size // self.patch_size) ** 2

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.model_dump(), indent=2, sort_keys=True) + "\n")

    @classmethod
    def load(cls, path: Path) -> ModelConfig:
        try:
            return cls.model_validate(json.loads(path.read_text()))
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{path}: not a model configuration ({reason}); rerun the stage that made it") from None
