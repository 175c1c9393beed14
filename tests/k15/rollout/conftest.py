"""Random small LLaVA exports, pictures, and one engine that the tests share."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from k15 import torch_extensions
from k15.model.config import ModelConfig
from k15.model.hf_files import write_hf_config
from k15.tokenizer import Tokenizer

torch_extensions.settle()

from transformers import LlavaConfig, LlavaForConditionalGeneration  # noqa: E402

from k15.rollout.engine import Engine  # noqa: E402
from tests.k15 import tiny  # noqa: E402

SHAPE = ModelConfig(
    hidden_size=96,
    layers=4,
    heads=4,
    kv_heads=2,
    head_dim=32,
    ffn_size=256,
    rope_base=10_000,
    init_std=0.02,
    image_size=64,
    patch_size=16,
    vision_hidden_size=96,
    vision_layers=3,
    vision_heads=3,
    vision_ffn_size=384,
    vocab_size=320,
    max_length=512,
)
MAX_MODEL_LEN = 192


def random_weights(config: LlavaConfig, seed: int) -> dict[str, torch.Tensor]:
    """By HF name; large enough that logits are not flat and the picture matters."""
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):
        state = LlavaForConditionalGeneration(config).state_dict()
    tensors = {}
    for name, tensor in state.items():
        if name == "lm_head.weight":
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        if tensor.ndim > 1:
            value = noise * tensor[0].numel() ** -0.5
        else:
            value = 0.1 * noise + (1.0 if "norm" in name and name.endswith("weight") else 0.0)
        tensors[name.replace("vision_tower.", "vision_tower.vision_model.")] = value
    return tensors


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """seed -> directory of a random export."""
    made: dict[int, Path] = {}

    def make(seed: int) -> Path:
        if seed not in made:
            directory = tmp_path_factory.mktemp("hf")
            Tokenizer.train(["12 + 30 = 42", "the cat sat"], SHAPE.vocab_size).save_pretrained(directory)
            write_hf_config(directory, SHAPE, directory)
            tensors = random_weights(LlavaConfig.from_pretrained(directory), seed)
            save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
            made[seed] = directory
        return made[seed]

    return make


@pytest.fixture(scope="session")
def shared_engine(export: Callable[[int], Path]) -> Iterator[Engine]:
    engine = Engine(
        export(1), max_model_len=MAX_MODEL_LEN, params=tiny.engine_params(max_num_seqs=256, kv_cache_gib=0.125)
    )
    yield engine
    engine.close()


@pytest.fixture
def engine(shared_engine: Engine, export: Callable[[int], Path]) -> Engine:
    """The shared engine with the weights of `export(1)`, whatever the test before loaded."""
    shared_engine.load_hf(export(1))
    return shared_engine


def picture(seed: int, size: tuple[int, int] = (64, 64)) -> bytes:
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (size[1], size[0], 3), generator=generator, dtype=torch.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(buffer, format="PNG")
    return buffer.getvalue()
