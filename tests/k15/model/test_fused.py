"""The fused parts against the plain formulas: values and gradients, in double precision."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from k15.model.fused import RMSNorm, rotate, swiglu

ROWS, LENGTH, SIZE = 3, 5, 8


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


def assert_same(ours: Callable[..., Tensor], plain: Callable[..., Tensor], *inputs: Tensor) -> None:
    actual, expected = ours(*inputs), plain(*inputs)
    torch.testing.assert_close(actual, expected)
    above = random(*expected.shape, seed=9).detach()
    gradients = (torch.autograd.grad(y, inputs, above) for y in (actual, expected))
    for own, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(own, theirs)


def test_rms_norm() -> None:
    norm = RMSNorm(None, SIZE, 1e-6).double()
    with torch.no_grad():
        norm.weight.copy_(random(SIZE, seed=1))
    assert_same(norm, lambda x: F.rms_norm(x, (SIZE,), norm.weight, 1e-6), random(ROWS, LENGTH, SIZE))
    strided = random(ROWS, 2 * SIZE)
    assert_same(lambda x: norm(x[:, SIZE:]), lambda x: F.rms_norm(x[:, SIZE:], (SIZE,), norm.weight, 1e-6), strided)


def test_rms_norm_of_its_weight() -> None:
    norm, x = RMSNorm(None, SIZE, 1e-6).double(), random(ROWS, LENGTH, SIZE).detach()
    above = random(ROWS, LENGTH, SIZE, seed=9).detach()
    plain = F.rms_norm(x, (SIZE,), norm.weight, 1e-6)
    own, theirs = (torch.autograd.grad(y, norm.weight, above)[0] for y in (norm(x), plain))
    torch.testing.assert_close(own, theirs)


def test_swiglu() -> None:
    assert_same(swiglu, lambda x: F.silu(x[..., :SIZE]) * x[..., SIZE:], random(ROWS, LENGTH, 2 * SIZE))


def test_rotation() -> None:
    """Against the complex numbers that it stands for."""
    angles = torch.outer(torch.arange(LENGTH).double(), torch.tensor([1.0, 0.5, 0.1, 0.01]).double())

    def plain(x: Tensor) -> Tensor:
        turned = torch.complex(*x.chunk(2, -1)) * torch.polar(torch.ones_like(angles), angles)
        return torch.cat([turned.real, turned.imag], -1)

    assert_same(lambda x: rotate(x, angles.cos(), angles.sin()), plain, random(ROWS, 2, LENGTH, SIZE))
    assert_same(
        lambda x: rotate(x.transpose(1, 2), angles.cos(), angles.sin()),
        lambda x: plain(x.transpose(1, 2)),
        random(ROWS, LENGTH, 2, SIZE),
    )
