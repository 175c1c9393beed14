"""Checkpoints: megatron's distributed layout, and the Hugging Face export beside it.

A checkpoint directory holds `megatron/` (`iter_0000100/`, `latest_checkpointed_iteration.txt`), `model.json`,
`tokenizer/` and `hf/`. The megatron part loads at another tensor-parallel size than it was saved at; the export is
what `transformers` and vLLM read. Writing the same weights twice gives the same bytes.
"""

from __future__ import annotations

import enum
import io
import logging
import pickle
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from megatron.core import dist_checkpointing, parallel_state
from megatron.core.dist_checkpointing.strategies.torch import TorchDistSaveShardedStrategy
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from k15 import artifacts
from k15.artifacts import Producer
from k15.errors import UserError
from k15.model.config import ModelConfig
from k15.model.conversion import from_hf, to_hf
from k15.model.hf_files import require_hf_config, storable, write_hf_config
from k15.model.vlm import VisionLanguageModel, build
from k15.tokenizer import Tokenizer

LATEST = "latest_checkpointed_iteration.txt"

logging.getLogger("megatron.core").setLevel(logging.ERROR)


def full_state(model: VisionLanguageModel) -> dict[str, torch.Tensor]:
    """The model's tensors, gathered from the tensor-parallel ranks. Collective."""
    return {name: _gather(name, parameter) for name, parameter in model.named_parameters()}


def _gather(name: str, parameter: torch.nn.Parameter) -> torch.Tensor:
    size = parallel_state.get_tensor_model_parallel_world_size()
    shard = parameter.detach()  # a detached tensor does not say how it is sharded
    if size == 1 or not getattr(parameter, "tensor_model_parallel", False):
        return shard
    shards = [torch.empty_like(shard) for _ in range(size)]
    dist.all_gather(shards, shard.contiguous(), parallel_state.get_tensor_model_parallel_group())
    if name.startswith("language.") and ".linear_fc1." in name:  # SwiGLU: every rank holds a part of both halves
        halves = [s.chunk(2) for s in shards]
        return torch.cat([gate for gate, _ in halves] + [up for _, up in halves])
    return torch.cat(shards, dim=parameter.partition_dim)  # type: ignore[attr-defined]


def hf_state(model: VisionLanguageModel) -> dict[str, torch.Tensor]:
    """The model's tensors under their Hugging Face names, as the rollout engine takes them."""
    return to_hf(full_state(model), model.shape)


def publish(
    location: Path, model: VisionLanguageModel, tokenizer: Tokenizer, iteration: int, producer: Producer
) -> None:
    """Make the checkpoint artifact at `location`, which is there once any rank returns. Collective."""
    place: list[Any] = [None]

    def build(directory: Path) -> None:
        place[0] = directory
        dist.broadcast_object_list(place)
        save(directory, model, tokenizer, iteration)

    if dist.get_rank() == 0:
        artifacts.publish(location, "checkpoint", "checkpoint", producer, build)
    else:
        dist.broadcast_object_list(place)
        save(place[0], model, tokenizer, iteration)
    dist.broadcast_object_list([None])


def save(directory: Path, model: VisionLanguageModel, tokenizer: Tokenizer, iteration: int) -> None:
    """Write all parts into the existing, empty `directory`. Collective."""
    save_megatron(directory / "megatron", model, iteration)
    tensors = hf_state(model)
    if dist.get_rank() == 0:
        model.shape.save(directory / "model.json")
        tokenizer.save_pretrained(directory / "tokenizer")
        export_hf(directory / "hf", tensors, model.shape, directory / "tokenizer")


def export_hf(directory: Path, tensors: dict[str, torch.Tensor], config: ModelConfig, tokenizer_dir: Path) -> None:
    """Write the export that `transformers` and vLLM load unchanged."""
    write_hf_config(directory, config, tokenizer_dir)
    save_file(storable(tensors), directory / "model.safetensors", metadata={"format": "pt"})


def save_megatron(directory: Path, model: VisionLanguageModel, iteration: int) -> None:
    """Megatron's distributed checkpoint of the weights. Collective."""
    target = directory / f"iter_{iteration:07d}"
    target.mkdir(parents=True, exist_ok=True)  # every rank comes here
    strategy = TorchDistSaveShardedStrategy("torch_dist", 1, thread_count=1)
    dist_checkpointing.save(model.sharded_state_dict(), str(target), strategy, async_sharded_save=False)
    if dist.get_rank() == 0:
        _make_reproducible(target / ".metadata")
        (directory / LATEST).write_text(f"{iteration}\n")


def _make_reproducible(metadata_file: Path) -> None:
    """torch stamps a random id and pickles dictionaries in discovery order; neither carries information."""
    metadata = pickle.loads(metadata_file.read_bytes())
    metadata.storage_meta = None
    content = io.BytesIO()
    _Pickler(content).dump(metadata)
    metadata_file.write_bytes(content.getvalue())


class _Pickler(pickle.Pickler):
    """Python up to 3.11.3 pickles an enum's member by name, later ones by value; this one always by value."""

    def reducer_override(self, obj: object) -> Any:
        return (type(obj), (obj.value,)) if isinstance(obj, enum.Enum) else NotImplemented


def load(directory: Path, tensor_parallel: int = 1, **changes: int) -> tuple[VisionLanguageModel, Tokenizer]:
    """The model and tokenizer of a checkpoint directory; `changes` replace fields of its config, such as
    `rope_base` and `max_length`."""
    config = ModelConfig.load(directory / "model.json").model_copy(update=changes)
    model = build(config, seed=0, tensor_parallel=tensor_parallel)
    load_megatron(directory / "megatron", model)
    return model, Tokenizer.load(directory / "tokenizer")


def load_megatron(directory: Path, model: VisionLanguageModel) -> None:
    """Fill `model` from the latest iteration under `directory`."""
    try:
        iteration = int((directory / LATEST).read_text())
        if not (directory / f"iter_{iteration:07d}" / ".metadata").is_file():
            raise FileNotFoundError
    except (OSError, ValueError):
        raise UserError(f"{directory}: no megatron checkpoint there; rerun the stage that makes it") from None
    sharded = model.sharded_state_dict()
    model.load_state_dict(dist_checkpointing.load(sharded, str(directory / f"iter_{iteration:07d}")))


def load_hf(model: VisionLanguageModel, directory: Path) -> None:
    """Fill an unsharded `model` from a Hugging Face export; its configuration and every tensor must fit."""
    require_hf_config(directory, model.shape)
    file = directory / "model.safetensors"
    try:
        tensors = load_file(file)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{file}: not a safetensors file ({error}); give the directory of a LLaVA export") from None
    try:
        state = from_hf(tensors, model.shape)
    except RuntimeError as error:
        raise UserError(f"{file}: a tensor has another shape than the model wants ({error}); compare `model`") from None
    own = dict(model.named_parameters())
    for name, tensor in state.items():
        if tuple(own[name].shape) != tuple(tensor.shape):
            raise UserError(f"{name} has shape {tuple(tensor.shape)}, the model wants {tuple(own[name].shape)}")
        own[name].data.copy_(tensor)
