"""Log-probabilities of given tokens without the B x T x V logits in memory.

`token_logprobs` walks over the positions in chunks: the forward pass keeps one log-sum-exp a position, the
backward pass computes each chunk's logits again. Peak memory is chunk x V whatever the batch; what fits into one
chunk is kept instead of being computed twice. The vocabulary may be split over the tensor-parallel ranks.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from megatron.core import parallel_state
from torch import Tensor

LOGITS = 2**26
"""Elements of a chunk's logits: a quarter of a GiB in float32."""


def _reduce(tensor: Tensor, op: Any = dist.ReduceOp.SUM) -> Tensor:
    if parallel_state.get_tensor_model_parallel_world_size() > 1:
        dist.all_reduce(tensor, op, parallel_state.get_tensor_model_parallel_group())
    return tensor


def _buffer(hidden_NH: Tensor, weight_VH: Tensor, chunk: int) -> Tensor:
    """One chunk's logits, for all chunks: two at a time would double the peak."""
    return hidden_NH.new_empty(min(chunk, len(hidden_NH)), len(weight_VH))


def _logits(hidden_CH: Tensor, weight_VH: Tensor, buffer: Tensor) -> Tensor:
    return torch.mm(hidden_CH, weight_VH.T, out=buffer[: len(hidden_CH)])


class _TokenLogprobs(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden_NH: Tensor, weight_VH: Tensor, targets_N: Tensor, chunk: int) -> Tensor:
        first = parallel_state.get_tensor_model_parallel_rank() * weight_VH.shape[0]
        local_N = targets_N - first
        owned_N = (local_N >= 0) & (local_N < weight_VH.shape[0])
        local_N = local_N.clamp(0, weight_VH.shape[0] - 1)
        normaliser_N = hidden_NH.new_empty(len(targets_N))
        chosen_N = hidden_NH.new_empty(len(targets_N))
        buffer = _buffer(hidden_NH, weight_VH, chunk)
        for i in range(0, len(targets_N), chunk):
            logits = _logits(hidden_NH[i : i + chunk], weight_VH, buffer)
            top = _reduce(logits.amax(-1), dist.ReduceOp.MAX)
            here = logits.gather(1, local_N[i : i + chunk, None])[:, 0]
            chosen_N[i : i + chunk] = _reduce(here * owned_N[i : i + chunk])
            total = _reduce(logits.sub_(top[:, None]).exp_().sum(-1))
            normaliser_N[i : i + chunk] = top + total.log()
        learning = any(ctx.needs_input_grad[:2])
        kept = logits.div_(total[:, None]) if learning and 0 < len(targets_N) <= chunk else None
        ctx.save_for_backward(hidden_NH, weight_VH, local_N, owned_N, normaliser_N, kept)
        ctx.chunk = chunk
        return chosen_N - normaliser_N

    @staticmethod
    def backward(ctx: Any, grad_N: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        hidden_NH, weight_VH, local_N, owned_N, normaliser_N, kept = ctx.saved_tensors
        grad_hidden = torch.empty_like(hidden_NH)
        grad_weight = torch.zeros_like(weight_VH) if ctx.needs_input_grad[1] else None
        buffer = kept if kept is not None else _buffer(hidden_NH, weight_VH, ctx.chunk)
        for i in range(0, len(grad_N), ctx.chunk):
            part = slice(i, i + ctx.chunk)
            hidden, grad = hidden_NH[part], grad_N[part]
            if kept is None:
                _logits(hidden, weight_VH, buffer).sub_(normaliser_N[part, None]).exp_()
            # In place, so that there is one chunk in memory; autograd then refuses a second pass over `kept`.
            grad_logits = buffer[: len(hidden)].mul_(-grad[:, None])
            grad_logits.scatter_add_(1, local_N[part, None], (grad * owned_N[part])[:, None])
            grad_hidden[part] = grad_logits @ weight_VH
            if grad_weight is not None:
                grad_weight.addmm_(grad_logits.T, hidden)
        return _reduce(grad_hidden), grad_weight, None, None


def token_logprobs(hidden_NH: Tensor, weight_VH: Tensor, targets_N: Tensor, logits: int = LOGITS) -> Tensor:
    """log p(target) [N] of each position's target under softmax(hidden @ weightᵀ), `logits` elements at a time."""
    chunk = max(1, logits // len(weight_VH))
    result: Tensor = _TokenLogprobs.apply(hidden_NH, weight_VH, targets_N, chunk)
    return result
