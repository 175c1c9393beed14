"""Chunked log-probabilities: the values and gradients of log_softmax, without its memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from k15.model import parallel
from k15.model.logprobs import token_logprobs

N, H, V = 23, 8, 50


@pytest.fixture(autouse=True, scope="module")
def groups() -> None:
    parallel.initialize()


def inputs(seed: int = 0, scale: float = 1.0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hidden states, output matrix, targets, and the gradient that arrives from above."""
    generator = torch.Generator().manual_seed(seed)
    hidden = (scale * torch.randn(N, H, generator=generator)).requires_grad_()
    weight = torch.randn(V, H, generator=generator).requires_grad_()
    return hidden, weight, torch.randint(0, V, (N,), generator=generator), torch.randn(N, generator=generator)


def reference(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    return torch.log_softmax(hidden @ weight.T, -1).gather(1, targets[:, None])[:, 0]


@pytest.mark.parametrize("logits", [1, 7 * V, N * V, 2**26])
def test_equals_log_softmax(logits: int) -> None:
    hidden, weight, targets, above = inputs()
    expected = reference(hidden, weight, targets)
    actual = token_logprobs(hidden, weight, targets, logits)
    torch.testing.assert_close(actual, expected)
    for own, theirs in zip(
        torch.autograd.grad(actual, (hidden, weight), above),
        torch.autograd.grad(expected, (hidden, weight), above),
        strict=True,
    ):
        torch.testing.assert_close(own, theirs)


def test_frozen_output_matrix() -> None:
    hidden, weight, targets, above = inputs()
    expected = torch.autograd.grad(reference(hidden, weight, targets), hidden, above)[0]
    actual = token_logprobs(hidden, weight.detach(), targets, 7 * V)
    torch.testing.assert_close(torch.autograd.grad(actual, hidden, above)[0], expected)


def test_large_logits_stay_finite() -> None:
    hidden, weight, targets, above = inputs(scale=1e4)
    actual = token_logprobs(hidden, weight, targets, 7 * V)
    torch.testing.assert_close(actual, reference(hidden, weight, targets))
    assert all(g.isfinite().all() for g in torch.autograd.grad(actual, (hidden, weight), above))


def test_a_second_backward_pass_is_right_or_refused() -> None:
    """Whatever is kept for the first pass is used up by it."""
    for logits, refused in ((7 * V, False), (N * V, True)):
        hidden, weight, targets, above = inputs()
        actual = token_logprobs(hidden, weight, targets, logits)
        first = torch.autograd.grad(actual, hidden, above, retain_graph=True)[0]
        if refused:
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                torch.autograd.grad(actual, hidden, above)
        else:
            torch.testing.assert_close(torch.autograd.grad(actual, hidden, above)[0], first)


def test_no_positions() -> None:
    hidden, weight, targets, _ = inputs()
    token_logprobs(hidden[:0], weight, targets[:0]).sum().backward()
    assert weight.grad is not None and not weight.grad.any()


class Largest(TorchDispatchMode):
    """Records the elements of the largest tensor that any operation makes."""

    elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.elements = max(self.elements, leaf.numel())
        return result


def test_logits_are_never_whole() -> None:
    hidden, weight, targets, above = inputs()
    with Largest() as plain:
        reference(hidden, weight, targets)
    with Largest() as chunked:
        torch.autograd.grad(token_logprobs(hidden, weight, targets, 4 * V), (hidden, weight), above)
    assert plain.elements == N * V
    assert chunked.elements == max(4 * V, V * H, N * H)
