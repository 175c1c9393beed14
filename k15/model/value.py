"""The model with a value head: one number for a sequence, read off the decoder's last hidden state.

Its export is `transformers`' Qwen3ForSequenceClassification with one label, which vLLM's pooling runner serves. It
holds the decoder alone: what the tower sees has no value outside of training.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from k15.model import checkpoint
from k15.model.config import ModelConfig
from k15.model.hf_files import storable, write_value_config
from k15.model.vlm import VisionLanguageModel
from k15.tokenizer import Tokenizer

_LANGUAGE = "model.language_model."


class ValueModel(VisionLanguageModel):
    """`score` is the head: no bias, zero at first, so that training starts from even odds."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.score = torch.nn.Linear(config.hidden_size, 1, bias=False)
        torch.nn.init.zeros_(self.score.weight)

    def values(self, hidden_NH: Tensor) -> Tensor:
        """The head's output [N] at the given hidden states."""
        result: Tensor = self.score(hidden_NH)[:, 0]
        return result


def with_head(model: VisionLanguageModel) -> ValueModel:
    """`model`'s weights under a fresh head."""
    headed = ValueModel(model.shape).to(model.output_weight().device)
    headed.load_state_dict(model.state_dict(), strict=False)
    return headed


def save(directory: Path, model: ValueModel, tokenizer: Tokenizer) -> None:
    """`model.json`, `tokenizer/` and the export `hf/` into the existing, empty `directory`. Collective."""
    model.shape.save(directory / "model.json")
    tokenizer.save_pretrained(directory / "tokenizer")
    decoder = {
        "model." + name.removeprefix(_LANGUAGE): tensor
        for name, tensor in checkpoint.hf_state(model).items()
        if name.startswith(_LANGUAGE)
    }
    write_value_config(directory / "hf", model.shape, directory / "tokenizer")
    tensors = storable(decoder | {"score.weight": model.score.weight})
    save_file(tensors, directory / "hf" / "model.safetensors", metadata={"format": "pt"})
