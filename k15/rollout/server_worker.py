"""What `server` adds to vLLM's worker: weights taken from shared memory, and their digests."""

from __future__ import annotations

import json
import mmap
from typing import Any

import torch
from torch import Tensor

from k15.errors import UserError
from k15.rollout import weights


class WeightsExtension:
    """Mixed into the worker by vLLM (`--worker-extension-cls`); its methods are called by `/collective_rpc`."""

    model_runner: Any

    def take_shared_weights(self, handle: str) -> dict[str, str]:
        """Replace all weights by those that `handle` (JSON) leads to. {"refused": why} if they do not fit."""
        try:
            weights.copy_into(self._held(), mapped(json.loads(handle)))
        except UserError as error:
            return {"refused": str(error)}
        return {}

    def weight_digests(self) -> dict[str, str]:
        return {name: weights.tensor_digest(tensor) for name, tensor in self._held().items()}

    def _held(self) -> dict[str, Tensor]:
        return weights.held_tensors(self.model_runner.get_model())


def mapped(handle: dict[str, Any]) -> dict[str, Tensor]:
    """Views of a shared-memory segment: {"path", "tensors": {name: {"shape", "dtype", "offset"}}}."""
    with open(handle["path"], "rb") as file:
        # A private mapping: torch wants it writable, and nothing here may write to the trainer's weights.
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    tensors = {}
    for name, place in handle["tensors"].items():
        shape, dtype = place["shape"], getattr(torch, place["dtype"])
        count = torch.Size(shape).numel()
        tensors[name] = torch.frombuffer(memory, dtype=dtype, count=count, offset=place["offset"]).view(shape)
    return tensors
