"""Eq. 3 by hand for two responses."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from k15.rl.objective import PolicyBatch, advantages, policy_loss, response_count, response_logprobs, surrogate
from k15.training.batch import dialogue, pad
from tests.k15 import tiny

TAUS = [0.1, 1.0]


def eq3(logprobs: list[float], references: list[float], rewards: list[float], tau: float) -> list[float]:
    """d/d log π_j of Σ_j [log π_j (r_j − r̄) − (τ/2)(log π_j − log π_i,j)²]."""
    mean = sum(rewards) / len(rewards)
    rows = zip(logprobs, references, rewards, strict=True)
    return [(r - mean) - tau * (p - q) for p, q, r in rows]


def gradient(logprobs: list[float], references: list[float], rewards: list[float], tau: float) -> list[float]:
    policy = torch.tensor(logprobs, requires_grad=True)
    advantage = torch.tensor(advantages(rewards, "mean", tau))
    surrogate(policy, torch.tensor(references), advantage, tau).backward()
    assert policy.grad is not None
    return policy.grad.tolist()


@pytest.mark.parametrize("tau", TAUS)
def test_gradient_is_eq3(tau: float) -> None:
    case = [-3.0, -5.0], [-2.5, -5.5], [1.0, 0.0]
    assert gradient(*case, tau) == pytest.approx([-g for g in eq3(*case, tau)])
    expected = {0.1: [-0.55, 0.55], 1.0: [-1.0, 1.0]}[tau]
    assert gradient(*case, tau) == pytest.approx(expected)


def test_tau_matters_only_away_from_the_reference() -> None:
    start = [-3.0, -5.0]
    at_start = [gradient(start, start, [1.0, 0.0], tau) for tau in TAUS]
    assert at_start[0] == at_start[1] == pytest.approx([-0.5, 0.5])
    moved = [gradient([-2.0, -6.0], start, [1.0, 0.0], tau) for tau in TAUS]
    assert moved[0] == pytest.approx([-0.4, 0.4]) and moved[1] == pytest.approx([0.5, -0.5])


def policy_batch(references: list[float]) -> PolicyBatch:
    """Two responses of different lengths to one prompt; the first was right."""
    plain = pad([dialogue([8, 9], [10, 11, 12]), dialogue([8, 9], [13])], tiny.SHAPE.image_size)
    return PolicyBatch(**vars(plain), advantage=torch.tensor([0.5, -0.5]), reference=torch.tensor(references))


def test_logprob_of_a_response() -> None:
    model, batch = tiny.model(), policy_batch([0.0, 0.0])
    table = torch.log_softmax(model(batch.tokens) @ model.output_weight().T, -1)
    expected = [table[0, 1, 10] + table[0, 2, 11] + table[0, 3, 12], table[1, 1, 13]]
    torch.testing.assert_close(response_logprobs(model, batch), torch.stack(expected))
    assert response_count(batch) == 2


def parameter_gradient(references: list[float], tau: float) -> torch.Tensor:
    model = tiny.model()
    policy_loss(model, policy_batch(references), tau).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@torch.no_grad()
def own_logprobs() -> list[float]:
    return response_logprobs(tiny.model(), policy_batch([0.0, 0.0])).tolist()


def test_first_minibatch_step_does_not_depend_on_tau() -> None:
    here = own_logprobs()
    torch.testing.assert_close(parameter_gradient(here, 0.1), parameter_gradient(here, 1.0))
    elsewhere = [here[0] - 1, here[1] + 1]
    assert not torch.allclose(parameter_gradient(elsewhere, 0.1), parameter_gradient(elsewhere, 1.0), rtol=0.1)


def test_loss_of_the_model_is_the_surrogate() -> None:
    batch = policy_batch([-3.0, -4.0])
    first, second = own_logprobs()
    expected = -(0.5 * first - 0.05 * (first + 3) ** 2) - (-0.5 * second - 0.05 * (second + 4) ** 2)
    assert policy_loss(tiny.model(), batch, 0.1).item() == pytest.approx(expected, rel=1e-5)
    assert policy_loss(tiny.model(), replace(batch).to(torch.device("cpu")), 0.1).item() == pytest.approx(expected)


def test_mean_baseline() -> None:
    assert advantages([1, 0, 0, 1.4], "mean", 0.1) == pytest.approx([0.4, -0.6, -0.6, 0.8])


@pytest.mark.parametrize("tau", TAUS)
def test_log_mean_exp_baseline(tau: float) -> None:
    baseline = tau * math.log((math.exp(1 / tau) + 1) / 2)
    assert advantages([1, 0], "log_mean_exp", tau) == pytest.approx([1 - baseline, -baseline])
    assert advantages([1, 1], "log_mean_exp", tau) == pytest.approx([0, 0])


def test_log_mean_exp_of_a_small_tau_does_not_overflow() -> None:
    assert advantages([1, 0], "log_mean_exp", 1e-4) == pytest.approx([1e-4 * math.log(2), 1e-4 * math.log(2) - 1])


def test_log_mean_exp_of_a_large_tau_is_the_mean() -> None:
    assert advantages([1, 0, 0.5], "log_mean_exp", 1e6) == pytest.approx([0.5, -0.5, 0], abs=1e-5)
