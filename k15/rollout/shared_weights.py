"""Weights handed from the trainer to engines in other processes of this machine: one segment of anonymous memory.

Nothing touches a disk, and nothing is left behind when the owner is killed: the memory goes with its last user. Others
open it through the owner's descriptor in /proc, so they must run as the same user and see the owner's process.
"""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from k15.errors import UserError

Handle = dict[str, Any]
"""JSON: `path` of the memory, and under `tensors` shape, dtype and offset in bytes of each."""

_ALIGNMENT = 64


class SharedWeights:
    """The trainer's end; laid out once, for tensors of the same names and shapes."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        layout, size = _layout(tensors)
        self._descriptor = os.memfd_create("k15-weights")
        try:
            os.posix_fallocate(self._descriptor, 0, size)  # or a lack of memory would be a SIGBUS later
        except OSError as error:
            os.close(self._descriptor)
            raise UserError(
                f"{size / 2**30:.1f} GiB of shared memory for the weights cannot be had ({error.strerror})"
            ) from None
        self.handle: Handle = {"path": f"/proc/{os.getpid()}/fd/{self._descriptor}", "tensors": layout}
        self._views = _views(mmap.mmap(self._descriptor, size), layout)

    def fits(self, tensors: Mapping[str, Tensor]) -> bool:
        """Whether it was laid out for such tensors."""
        return bool(self.handle["tensors"] == _layout(tensors)[0])

    def publish(self, tensors: Mapping[str, Tensor]) -> None:
        """Write new values; whoever reads must wait until this returns."""
        with torch.no_grad():
            for name, view in self._views.items():
                view.copy_(tensors[name])

    def close(self) -> None:
        self._views = {}
        os.close(self._descriptor)


def _layout(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], int]:
    """Where each tensor goes, and how many bytes that takes (at least one: there is no empty mapping)."""
    layout: dict[str, Any] = {}
    size = 0
    for name, tensor in tensors.items():
        kind = str(tensor.dtype).removeprefix("torch.")
        layout[name] = {"shape": list(tensor.shape), "dtype": kind, "offset": size}
        size += -(-tensor.nbytes // _ALIGNMENT) * _ALIGNMENT
    return layout, max(1, size)


def attached(handle: Handle) -> dict[str, Tensor]:
    """The tensors behind a handle, without a copy; valid until the owner publishes again."""
    descriptor = os.open(handle["path"], os.O_RDWR)
    try:
        memory = mmap.mmap(descriptor, 0)
    finally:
        os.close(descriptor)
    return _views(memory, handle["tensors"])


def _views(memory: mmap.mmap, layout: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: _view(memory, **place) for name, place in layout.items()}


def _view(memory: mmap.mmap, shape: list[int], dtype: str, offset: int) -> Tensor:
    kind: torch.dtype = getattr(torch, dtype)
    return torch.frombuffer(memory, dtype=kind, count=math.prod(shape), offset=offset).view(shape)
