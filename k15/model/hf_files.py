"""The files beside the weights of a Hugging Face export, and the one way in which pictures become tensors.

`transformers` (LlavaForConditionalGeneration) and vLLM load the directory unchanged once
`model.safetensors` is in it. Tensor names are `model.language_model.*`, `model.vision_tower.vision_model.*`
(both readers accept the `vision_model.` level, only vLLM insists on it) and
`model.multi_modal_projector.*`.

Guarantees: `preprocess_image` equals, bit for bit, what the exported processor computes in either of its
backends (numpy or torchvision): both subtract and divide by 127.5 in float32, without a separate rescaling
that they would round differently. Does not guarantee the same for pictures of another size that the
processor resizes itself, so trainer and engine both take pictures through `load_image`.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from k15.errors import UserError
from k15.model.config import ModelConfig
from k15.tokenizer import CHAT_TEMPLATE, END, END_OF_TEXT, IMAGE, PAD, SPECIAL_TOKENS

_PIXEL_MEAN = 127.5
# Of config.json: what leaves the computation as it is, and what would change it where it is not the default.
_NOT_ARCHITECTURE = frozenset(
    {"architectures", "dtype", "max_position_embeddings", "initializer_range"}
    | {"bos_token_id", "eos_token_id", "pad_token_id"}
)
_NOT_WRITTEN = {"text_config.use_sliding_window": False}
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def storable(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """`tensors` in the order of their names, as safetensors wants them: on the CPU, each in memory of its own."""
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in sorted(tensors.items())}


def load_image(png: bytes, size: int) -> Image.Image:
    """The picture in RGB, `size` pixels square."""
    try:
        image = Image.open(io.BytesIO(png)).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(f"not a readable picture ({error}); drop the record that holds it") from None
    return image if image.size == (size, size) else image.resize((size, size), Image.Resampling.BICUBIC)


def preprocess_image(png: bytes, size: int) -> torch.Tensor:
    """The vision tower's input: float32 [3, size, size] in [-1, 1]."""
    pixels_HWC = np.asarray(load_image(png, size), dtype=np.float32)
    scaled_HWC = (pixels_HWC - _PIXEL_MEAN) / _PIXEL_MEAN
    return torch.from_numpy(np.ascontiguousarray(scaled_HWC.transpose(2, 0, 1)))


def write_hf_config(directory: Path, config: ModelConfig, tokenizer_dir: Path) -> None:
    """Write all but the weights: configuration, generation defaults, processor, tokenizer, chat template."""
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / "config.json", _model(config))
    _write(directory / "generation_config.json", _generation())
    _write(directory / "preprocessor_config.json", _image_processor(config))
    _write(directory / "processor_config.json", _processor(config))
    (directory / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    _copy_tokenizer(directory, tokenizer_dir)


def write_value_config(directory: Path, config: ModelConfig, tokenizer_dir: Path) -> None:
    """The same for the decoder with a value head: one label, no processor."""
    directory.mkdir(parents=True, exist_ok=True)
    head = {"architectures": ["Qwen3ForSequenceClassification"], "num_labels": 1, "dtype": "float32"}
    _write(directory / "config.json", _decoder(config) | head)
    _copy_tokenizer(directory, tokenizer_dir)


def _copy_tokenizer(directory: Path, tokenizer_dir: Path) -> None:
    for name in _TOKENIZER_FILES:
        if tokenizer_dir != directory and (tokenizer_dir / name).is_file():
            shutil.copyfile(tokenizer_dir / name, directory / name)


def require_hf_config(directory: Path, config: ModelConfig) -> None:
    """Raises UserError unless the `config.json` there describes the architecture that we would write. Tensors alone do
    not tell heads, rotary base, norms and activations apart."""
    path = directory / "config.json"
    try:
        given = _NOT_WRITTEN | _flat(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: not a model configuration ({error}); give the directory of a LLaVA export") from None
    for key, wanted in (_NOT_WRITTEN | _flat(_model(config))).items():
        found = given.get(key)
        if found != wanted and key.rpartition(".")[2] not in _NOT_ARCHITECTURE:
            is_found = "is missing" if found is None else f"is {json.dumps(found)}"
            raise UserError(f"{path}: {key} {is_found}, the model has {json.dumps(wanted)}; compare `model`")


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The leaves of nested mappings, under dotted names."""
    leaves: dict[str, Any] = {}
    for key, value in tree.items():
        leaves |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return leaves


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


def _model(config: ModelConfig) -> dict[str, Any]:
    return {
        "architectures": ["LlavaForConditionalGeneration"],
        "model_type": "llava",
        "dtype": "float32",
        "text_config": _decoder(config),
        "vision_config": _tower(config),
        "image_token_index": IMAGE,
        "image_seq_length": config.image_tokens,
        "projector_hidden_act": "gelu",
        "multimodal_projector_bias": True,
        "vision_feature_layer": -1,
        "vision_feature_select_strategy": "default",
        "tie_word_embeddings": True,
        "eos_token_id": END,
        "pad_token_id": PAD,
    }


def _decoder(config: ModelConfig) -> dict[str, Any]:
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "intermediate_size": config.ffn_size,
        "hidden_act": "silu",
        "attention_bias": False,
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_type": "default", "rope_theta": float(config.rope_base)},
        "max_position_embeddings": config.max_length,
        "tie_word_embeddings": True,
        "initializer_range": config.init_std,
        "bos_token_id": None,
        "eos_token_id": END,
        "pad_token_id": PAD,
    }


def _tower(config: ModelConfig) -> dict[str, Any]:
    return {
        "model_type": "clip_vision_model",
        "hidden_size": config.vision_hidden_size,
        "num_hidden_layers": config.vision_layers,
        "num_attention_heads": config.vision_heads,
        "intermediate_size": config.vision_ffn_size,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-5,
        "image_size": config.image_size,
        "patch_size": config.patch_size,
        "num_channels": 3,
    }


def _generation() -> dict[str, Any]:
    return {"eos_token_id": [END, END_OF_TEXT], "pad_token_id": PAD, "do_sample": True, "temperature": 1.0}


def _image_processor(config: ModelConfig) -> dict[str, Any]:
    side = {"height": config.image_size, "width": config.image_size}
    return {
        "image_processor_type": "LlavaImageProcessor",
        "processor_class": "LlavaProcessor",
        "do_convert_rgb": True,
        "do_resize": True,
        "size": side,
        "resample": int(Image.Resampling.BICUBIC),
        "do_center_crop": False,
        "crop_size": side,
        "do_rescale": False,
        "do_normalize": True,
        "image_mean": [_PIXEL_MEAN] * 3,
        "image_std": [_PIXEL_MEAN] * 3,
    }


def _processor(config: ModelConfig) -> dict[str, Any]:
    return {
        "processor_class": "LlavaProcessor",
        "image_token": SPECIAL_TOKENS[IMAGE],
        "patch_size": config.patch_size,
        "vision_feature_select_strategy": "default",
        "num_additional_image_tokens": 1,
    }
