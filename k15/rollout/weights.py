"""The engine's weights under their Hugging Face names: read, replaced in place, and digested.

vLLM fuses some matrices (query, key and value; gate and up). `held_tensors` gives views into them, one per
tensor of `model.safetensors`, so that copying into a view is an update and hashing it says what the engine
holds. A narrow model computes with packed copies, made from these after every update (`llm`): only log-probabilities
tell whether they are. Not covered: tensor-parallel engines (each rank holds a part). The tower's `post_layernorm`,
which LLaVA does not use, is in the export and not in the engine.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn

from k15.errors import UserError

_FUSED = {"qkv_proj": ("q_proj", "k_proj", "v_proj"), "gate_up_proj": ("gate_proj", "up_proj")}
_UNUSED = "model.vision_tower.vision_model.post_layernorm."
_HF_PREFIXES = {
    "language_model.model.": "model.language_model.",
    "vision_tower.": "model.vision_tower.",
    "multi_modal_projector.": "model.multi_modal_projector.",
}


def held_tensors(model: nn.Module) -> dict[str, Tensor]:
    """HF name -> view of the engine's tensor. A tied output matrix appears once, as the embedding."""
    held: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        owner, _, kind = name.rpartition(".")
        parent, _, layer = owner.rpartition(".")
        if layer in _FUSED:
            parts = parameter.data.split(model.get_submodule(owner).output_sizes)
            for part, tensor in zip(_FUSED[layer], parts, strict=True):
                held[_hf_name(f"{parent}.{part}.{kind}")] = tensor
        else:
            held[_hf_name(name)] = parameter.data
    return held


def _hf_name(name: str) -> str:
    for prefix, hf_prefix in _HF_PREFIXES.items():
        if name.startswith(prefix):
            return hf_prefix + name.removeprefix(prefix)
    return name


def copy_into(held: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    """Replace every held tensor's values; all names and shapes are checked before the first is touched."""
    for problem in _mismatches(held, tensors):
        raise UserError(f"weights do not fit the loaded model: {problem}; take a checkpoint of its shape")
    with torch.no_grad():
        for name, tensor in held.items():
            tensor.copy_(tensors[name])


def _mismatches(held: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> Iterator[str]:
    for name, tensor in held.items():
        if name not in tensors:
            yield f"{name} is missing"
        elif tensors[name].shape != tensor.shape:
            yield f"{name} is {list(tensors[name].shape)}, expected {list(tensor.shape)}"
    for name in tensors:
        if name not in held and not name.startswith(_UNUSED):
            yield f"{name} is not part of it"


def tensor_digest(tensor: Tensor) -> str:
    """SHA-256 of the values in row-major order."""
    return hashlib.sha256(tensor.detach().cpu().contiguous().view(torch.uint8).numpy()).hexdigest()


def tensor_digests(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """That of every tensor; on all cores, since hashing lets other threads run."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(tensors, pool.map(tensor_digest, tensors.values()), strict=True))
