"""The exported directory as `transformers` reads it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from PIL import Image

from k15 import torch_extensions
from k15.errors import UserError
from k15.model.config import ModelConfig
from k15.model.hf_files import load_image, preprocess_image, write_hf_config
from k15.tokenizer import END, END_OF_TEXT, IMAGE, Tokenizer

torch_extensions.settle()

SHAPE = ModelConfig(
    hidden_size=48,
    layers=2,
    heads=4,
    kv_heads=2,
    head_dim=16,
    ffn_size=64,
    rope_base=20_000,
    init_std=0.02,
    image_size=32,
    patch_size=8,
    vision_hidden_size=32,
    vision_layers=2,
    vision_heads=2,
    vision_ffn_size=64,
    vocab_size=300,
    max_length=256,
)


def png(size: tuple[int, int], mode: str = "RGB") -> bytes:
    generator = torch.Generator().manual_seed(sum(size))
    pixels = torch.randint(0, 256, (size[1], size[0], 3), generator=generator, dtype=torch.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels.numpy()).convert(mode).save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("export")
    Tokenizer.train(["some text"], SHAPE.vocab_size).save_pretrained(root / "tokenizer")
    write_hf_config(root / "hf", SHAPE, root / "tokenizer")
    return root / "hf"


def test_configuration(directory: Path) -> None:
    from transformers import AutoConfig, GenerationConfig

    config = AutoConfig.from_pretrained(directory)
    text, vision = config.text_config, config.vision_config
    assert (config.model_type, text.model_type, vision.model_type) == ("llava", "qwen3", "clip_vision_model")
    assert text.rope_parameters["rope_theta"] == 20_000
    assert (text.num_key_value_heads, text.head_dim, text.intermediate_size) == (2, 16, 64)
    assert (vision.image_size, vision.patch_size, vision.hidden_act) == (32, 8, "gelu")
    assert (config.image_token_index, config.image_seq_length) == (IMAGE, 16)
    assert config.tie_word_embeddings and text.tie_word_embeddings
    assert GenerationConfig.from_pretrained(directory).eos_token_id == [END, END_OF_TEXT]


def test_processor(directory: Path) -> None:
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(directory)
    message = [{"role": "user", "content": "<image>some text"}]
    prompt = processor.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
    assert prompt == "<|user|><image>some text<|assistant|>"
    inputs = processor(text=prompt, images=load_image(png((32, 32)), 32), return_tensors="pt")
    assert inputs["input_ids"][0].tolist().count(IMAGE) == SHAPE.image_tokens
    assert inputs["pixel_values"].shape == (1, 3, 32, 32)


@pytest.mark.parametrize("backend", ["pil", "torchvision"])
@pytest.mark.parametrize(("size", "mode"), [((32, 32), "RGB"), ((32, 32), "L"), ((32, 32), "P"), ((90, 41), "RGB")])
def test_pictures_equal_the_processors(directory: Path, backend: str, size: tuple[int, int], mode: str) -> None:
    from transformers import AutoImageProcessor

    processor = AutoImageProcessor.from_pretrained(directory, backend=backend)
    content = png(size, mode)
    expected = processor(load_image(content, 32), return_tensors="pt")["pixel_values"][0]
    actual = preprocess_image(content, 32)
    assert actual.dtype == torch.float32 and actual.is_contiguous()
    assert torch.equal(actual, expected)


def test_scale() -> None:
    buffer = io.BytesIO()
    Image.frombytes("RGB", (2, 1), bytes([0, 255, 51, 255, 0, 204])).save(buffer, format="PNG")
    pixels = preprocess_image(buffer.getvalue(), 2)
    assert pixels[:, 0].tolist() == [[-1.0, 1.0], [1.0, -1.0], [pytest.approx(-0.6), pytest.approx(0.6)]]


@pytest.mark.parametrize("content", [b"", b"text", png((32, 32))[:100]])
def test_unreadable_picture(content: bytes) -> None:
    with pytest.raises(UserError, match="not a readable picture"):
        preprocess_image(content, 32)
