"""The decoder's element-wise parts with fewer passes over memory and fewer kept tensors: RMSNorm, SwiGLU, rotation.

On a CPU these parts are bound by memory: what autograd would do in a dozen passes with a tensor each is done here in
a few, in place where the tensor is our own. Guarantees: values and gradients are those of the plain formulas, up to
rounding (tested). Not for second derivatives.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


class _RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        power = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_().div_(x.shape[-1])
        scale = power.add_(eps).rsqrt_()
        ctx.save_for_backward(x, weight, scale)
        return (x * scale).mul_(weight)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        x, weight, scale = ctx.saved_tensors
        unit = x * scale
        product = unit * grad
        grad_weight = product.flatten(0, -2).sum(0) if ctx.needs_input_grad[1] else None
        along = (product @ weight).div_(-x.shape[-1])
        grad_x = (grad * weight).addcmul_(unit, along.unsqueeze(-1)).mul_(scale)
        return grad_x, grad_weight, None


class RMSNorm(torch.nn.RMSNorm):
    """`torch.nn.RMSNorm`, which is one kernel on CUDA, and one autograd step on the CPU. The constructor has the
    signature that megatron's spec calls."""

    def __init__(self, config: Any, hidden_size: int, eps: float) -> None:
        super().__init__(hidden_size, eps)

    def forward(self, x: Tensor) -> Tensor:
        if x.is_cuda:
            return super().forward(x)
        result: Tensor = _RMSNorm.apply(x, self.weight, self.eps)
        return result


class _SwiGLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        gate, up = x.chunk(2, -1)
        return F.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # type: ignore[override]
        (x,) = ctx.saved_tensors
        gate, up = x.chunk(2, -1)
        result = torch.empty_like(x)
        to_gate, to_up = result.chunk(2, -1)
        torch.mul(F.silu(gate), grad, out=to_up)
        torch.ops.aten.silu_backward.grad_input(grad * up, gate, grad_input=to_gate)
        return result


def swiglu(x: Tensor) -> Tensor:
    """silu of the first half of the last dimension times the second half."""
    result: Tensor = _SwiGLU.apply(x)
    return result


class _Rotation(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return _rotated(x, cos, sin, 1)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        cos, sin = ctx.saved_tensors
        return _rotated(grad, cos, sin, -1), None, None


def _rotated(x: Tensor, cos: Tensor, sin: Tensor, direction: int) -> Tensor:
    first, second = x.chunk(2, -1)
    result = torch.empty_like(x)
    to_first, to_second = result.chunk(2, -1)
    torch.mul(first, cos, out=to_first).addcmul_(second, sin, value=-direction)
    torch.mul(second, cos, out=to_second).addcmul_(first, sin, value=direction)
    return result


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of `x` [..., S, D] by the angles whose cosines and sines are [S, D / 2]: entry i turns with
    entry i + D / 2."""
    result: Tensor = _Rotation.apply(x, cos, sin)
    return result
