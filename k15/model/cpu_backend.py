"""Lets megatron-core run on a machine without CUDA.

Megatron asks CUDA for the current device and moves tensors to it in a few places. On a machine without CUDA
`enable()` answers these calls for the CPU: the device is `cpu`, `.cuda()` is the tensor itself. It changes nothing
where CUDA exists, and nothing about how anything is computed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.utils._device

_FACTORIES = ("tensor", "empty", "zeros", "ones", "full", "arange", "rand", "randn")
_enabled = False


def _is_cuda(device: Any) -> bool:
    return device == "cuda" or (isinstance(device, torch.device) and device.type == "cuda")


def _on_cpu(factory: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def make(*args: Any, **kwargs: Any) -> torch.Tensor:
        if _is_cuda(kwargs.get("device")):
            kwargs["device"] = "cpu"
        return factory(*args, **kwargs)

    return make


def enable() -> None:
    """Idempotent. Call before megatron-core builds anything."""
    global _enabled
    warnings.filterwarnings("ignore", message="Apex is not installed")
    if _enabled or torch.cuda.is_available():
        return
    _enabled = True
    # torch caches its factory functions at first use; filled now, the cache holds torch's own, and
    # `torch.device("meta")` keeps recognising them when transformers builds a model.
    torch.utils._device._device_constructors()
    cpu = torch.device("cpu")
    own_type = torch.Tensor.type

    def tensor_type(self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        # Gradient clipping asserts that gradients are CUDA tensors by the name of their type.
        answer = own_type(self, *args, **kwargs)
        return answer.replace("torch.", "torch.cuda.") if isinstance(answer, str) else answer

    patches: list[tuple[Any, str, Any]] = [
        (torch.cuda, "current_device", lambda: cpu),
        (torch.cuda, "synchronize", lambda *_: None),
        (torch.Tensor, "cuda", lambda self, *_, **__: self),
        (torch.Tensor, "type", tensor_type),
        *((torch, name, _on_cpu(getattr(torch, name))) for name in _FACTORIES),
    ]
    for owner, name, replacement in patches:
        setattr(owner, name, replacement)
