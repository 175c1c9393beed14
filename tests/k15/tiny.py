"""A model that is built in a moment, its tokenizer, and pictures for it."""

from __future__ import annotations

import functools
import io
from typing import Any

import torch
from PIL import Image

from k15.model import vlm
from k15.model.config import ModelConfig
from k15.rollout.params import EngineParams
from k15.tokenizer import Tokenizer

SHAPE = ModelConfig(
    hidden_size=32,
    layers=2,
    heads=4,
    kv_heads=2,
    head_dim=8,
    ffn_size=48,
    rope_base=10_000,
    init_std=0.05,
    image_size=16,
    patch_size=8,
    vision_hidden_size=16,
    vision_layers=2,
    vision_heads=2,
    vision_ffn_size=32,
    vocab_size=272,
    max_length=128,
)


@functools.cache
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["the code of the mill is the code of the river", "in the garden, on the hill"], 272)


def model(seed: int = 1) -> vlm.VisionLanguageModel:
    """Every parameter random, norms and biases too: nothing is what a fresh model has anyway."""
    built = vlm.build(SHAPE, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
    return built


def picture(seed: int, size: int = SHAPE.image_size) -> bytes:
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (size, size, 3), generator=generator, dtype=torch.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(buffer, format="PNG")
    return buffer.getvalue()


def engine_params(max_num_seqs: int = 16, kv_cache_gib: float = 0.05, **changes: Any) -> EngineParams:
    """An engine of small memory; what `changes` does not say is as in the default profile."""
    values = {"deployment": "in_process", "hang_s": 60.0, "restarts": 2, "logprobs": "raw"} | changes
    return EngineParams(max_num_seqs=max_num_seqs, kv_cache_gib=kv_cache_gib, **values)
