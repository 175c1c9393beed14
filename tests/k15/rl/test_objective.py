"""Eq. 3 and its variants by hand for two responses."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from k15.errors import UserError
from k15.params import parse_params
from k15.rl.objective import (
    ObjectiveParams,
    PolicyBatch,
    advantages,
    policy_loss,
    response_count,
    surrogate,
    token_weights,
    weighted_logprobs,
)
from k15.training.batch import dialogue, pad
from tests.k15 import tiny

TAUS = [0.05, 0.1, 1.0]


def params(**changes: Any) -> ObjectiveParams:
    return ObjectiveParams(**{"kind": "eq3", "tau": 0.1, "baseline": "mean"} | changes)


def eq3(logprobs: list[float], references: list[float], rewards: list[float], tau: float, baseline: float) -> list:
    """d/d log π_j of Σ_j [log π_j (r_j − b) − (τ/2)(log π_j − log π_i,j)²]."""
    rows = zip(logprobs, references, rewards, strict=True)
    return [(r - baseline) - tau * (p - q) for p, q, r in rows]


def gradient(
    logprobs: list[float], references: list[float], rewards: list[float], objective: ObjectiveParams
) -> list[float]:
    policy = torch.tensor(logprobs, requires_grad=True)
    advantage = torch.tensor(advantages(rewards, objective))[:, None]
    share = torch.ones(len(rewards))
    surrogate(policy[:, None], torch.tensor(references), advantage, share, objective.regulariser).backward()
    assert policy.grad is not None
    return policy.grad.tolist()


@pytest.mark.parametrize("tau", TAUS)
def test_gradient_is_eq3(tau: float) -> None:
    case = [-3.0, -5.0], [-2.5, -5.5], [1.0, 0.0]
    actual = gradient(*case, params(tau=tau))
    assert actual == pytest.approx([-g for g in eq3(*case, tau, 0.5)])
    assert actual == pytest.approx({0.05: [-0.525, 0.525], 0.1: [-0.55, 0.55], 1.0: [-1.0, 1.0]}[tau])


@pytest.mark.parametrize("tau", TAUS)
def test_gradient_with_the_other_baseline(tau: float) -> None:
    case = [-3.0, -5.0], [-2.5, -5.5], [1.0, 0.0]
    baseline = tau * math.log((math.exp(1 / tau) + 1) / 2)
    actual = gradient(*case, params(tau=tau, baseline="log_mean_exp"))
    assert actual == pytest.approx([-g for g in eq3(*case, tau, baseline)], abs=1e-6)


def test_tau_matters_only_away_from_the_reference() -> None:
    start = [-3.0, -5.0]
    at_start = [gradient(start, start, [1.0, 0.0], params(tau=tau)) for tau in TAUS]
    assert at_start[0] == at_start[1] == at_start[2] == pytest.approx([-0.5, 0.5])
    moved = [gradient([-2.0, -6.0], start, [1.0, 0.0], params(tau=tau)) for tau in TAUS]
    assert moved == [pytest.approx([-0.45, 0.45]), pytest.approx([-0.4, 0.4]), pytest.approx([0.5, -0.5])]


def test_rest_lifts_the_best_and_nothing_else() -> None:
    rest = params(kind="rest", tau=1.0)
    assert gradient([-2.0, -6.0], [-3.0, -5.0], [1.0, 0.0], rest) == [-1.0, 0.0]
    assert advantages([0.9, 1.1, 1.1, -0.1], rest) == [0, 1, 1, 0]
    assert advantages([1, 1], rest) == [1, 1]
    assert advantages([0, 0], rest) == advantages([-0.1, 0], rest) == [0, 0]


def policy_batch(references: list[float], weights: list[list[float]] | None = None) -> PolicyBatch:
    """Two responses of different lengths to one prompt; the first was right."""
    fields = vars(pad([dialogue([8, 9], [10, 11, 12]), dialogue([8, 9], [13])], tiny.SHAPE.image_size))
    return PolicyBatch(
        **fields | {"weights": torch.tensor(weights or [[0.0, 1, 1, 1, 0], [0, 1, 0, 0, 0]])},
        advantage=torch.tensor([[0.5], [-0.5]]).expand(2, 5),
        share=torch.ones(2),
        reference=torch.tensor(references),
        engine=torch.zeros(2, 5),
        earlier=torch.zeros(2, 5, dtype=torch.bool),
    )


def table() -> torch.Tensor:
    model, batch = tiny.model(), policy_batch([0.0, 0.0])
    return torch.log_softmax(model(batch.tokens) @ model.output_weight().T, -1).detach()


def test_logprob_of_a_response() -> None:
    logs = table()
    first, second = [logs[0, 1, 10], logs[0, 2, 11], logs[0, 3, 12]], logs[1, 1, 13]
    own = weighted_logprobs(tiny.model(), policy_batch([0.0, 0.0])).sum(-1)
    torch.testing.assert_close(own, torch.stack([sum(first), second]))
    weighted = policy_batch([0.0, 0.0], [[0.0, 0, 0.25, 1, 0], [0, 0.5, 0, 0, 0]])
    expected = torch.stack([0.25 * first[1] + first[2], 0.5 * second])
    torch.testing.assert_close(weighted_logprobs(tiny.model(), weighted).sum(-1), expected)
    assert response_count(weighted) == 2


def parameter_gradient(references: list[float], tau: float) -> torch.Tensor:
    model = tiny.model()
    policy_loss(model, policy_batch(references), tau).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@torch.no_grad()
def own_logprobs() -> list[float]:
    return weighted_logprobs(tiny.model(), policy_batch([0.0, 0.0])).sum(-1).tolist()


def test_first_minibatch_step_does_not_depend_on_tau() -> None:
    here = own_logprobs()
    torch.testing.assert_close(parameter_gradient(here, 0.1), parameter_gradient(here, 1.0))
    elsewhere = [here[0] - 1, here[1] + 1]
    assert not torch.allclose(parameter_gradient(elsewhere, 0.1), parameter_gradient(elsewhere, 1.0), rtol=0.1)


def test_gradient_of_the_parameters_is_eq3() -> None:
    """−Σ_j (A_j − τ·log-ratio_j)·∇log π_j, each ∇log π_j taken by itself."""
    here = own_logprobs()
    ratios, tau = [1.0, -2.0], 0.3
    expected = torch.zeros(())
    for row, (advantage, ratio) in enumerate(zip([0.5, -0.5], ratios, strict=True)):
        model = tiny.model()
        weighted_logprobs(model, policy_batch([0.0, 0.0]))[row].sum().backward()
        own = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
        expected = expected - (advantage - tau * ratio) * own
    references = [here[0] - ratios[0], here[1] - ratios[1]]
    torch.testing.assert_close(parameter_gradient(references, tau), expected, atol=1e-5, rtol=1e-4)


def test_loss_of_the_model_is_the_surrogate() -> None:
    batch = policy_batch([-3.0, -4.0])
    first, second = own_logprobs()
    expected = -(0.5 * first - 0.05 * (first + 3) ** 2) - (-0.5 * second - 0.05 * (second + 4) ** 2)
    assert policy_loss(tiny.model(), batch, 0.1).item() == pytest.approx(expected, rel=1e-5)
    assert policy_loss(tiny.model(), batch.to(torch.device("cpu")), 0.1).item() == pytest.approx(expected)


def test_advantages_by_token_and_shares() -> None:
    """d/d logs_t of −Σ_j s_j·[Σ_t A_t·logs_t − (τ/2)(u_j − u_i,j)²] = −s_j·(A_t − τ·(u_j − u_i,j))."""
    logs = torch.tensor([[-1.0, -2.0], [-3.0, 0.0]], requires_grad=True)
    advantage, share = torch.tensor([[0.25, -0.5], [1.0, 1.0]]), torch.tensor([0.5, 1.0])
    loss = surrogate(logs, torch.tensor([-2.0, -3.0]), advantage, share, 0.2)  # log-ratios −1 and 0
    assert loss.item() == pytest.approx(-0.5 * (-0.25 + 1.0 - 0.1) + 3.0)
    loss.backward()
    assert logs.grad is not None
    assert logs.grad.flatten().tolist() == pytest.approx([-0.5 * (0.25 + 0.2), -0.5 * (-0.5 + 0.2), -1.0, -1.0])
    assert response_count(PolicyBatch(**vars(policy_batch([0.0, 0.0])) | {"share": share})) == 1.5


def test_mean_baseline() -> None:
    assert advantages([1, 0, 0, 1.4], params()) == pytest.approx([0.4, -0.6, -0.6, 0.8])


@pytest.mark.parametrize("tau", TAUS)
def test_log_mean_exp_baseline(tau: float) -> None:
    objective = params(baseline="log_mean_exp", tau=tau)
    baseline = tau * math.log((math.exp(1 / tau) + 1) / 2)
    assert advantages([1, 0], objective) == pytest.approx([1 - baseline, -baseline])
    assert advantages([1, 1], objective) == pytest.approx([0, 0])


def test_log_mean_exp_of_a_small_tau_does_not_overflow() -> None:
    actual = advantages([1, 0], params(baseline="log_mean_exp", tau=1e-4))
    assert actual == pytest.approx([1e-4 * math.log(2), 1e-4 * math.log(2) - 1])


def test_log_mean_exp_of_a_large_tau_is_the_mean() -> None:
    actual = advantages([1, 0, 0.5], params(baseline="log_mean_exp", tau=1e6))
    assert actual == pytest.approx([0.5, -0.5, 0], abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "weights"),
    [
        ({}, [0, 0, 1]),
        ({"earlier_segments": "kept"}, [1, 1, 1]),
        ({"earlier_segments": "on_policy"}, [0, 0, 1]),
        ({"kind": "length_normalised"}, [0, 0, 1]),
        ({"kind": "length_normalised", "earlier_segments": "kept"}, [1 / 3] * 3),
        ({"kind": "rest"}, [0, 0, 1]),
    ],
)
def test_token_weights(changes: dict[str, str], weights: list[float]) -> None:
    assert token_weights([3, 4, 5], 5, params(**changes)) == pytest.approx(weights)


@pytest.mark.parametrize(("choice", "weights"), [("masked", [0, 1, 1]), ("kept", [1, 1, 1]), ("on_policy", [0, 0, 0])])
def test_a_response_that_waited_for_its_group(choice: str, weights: list[float]) -> None:
    assert token_weights([3, 4, 4], 6, params(earlier_segments=choice)) == weights


def test_length_normalised_is_over_the_tokens_in_the_loss() -> None:
    normalised = params(kind="length_normalised")
    assert token_weights([4, 5, 5, 5, 5], 5, normalised) == [0, 0.25, 0.25, 0.25, 0.25]


def test_nothing_of_the_current_policy() -> None:
    assert token_weights([4], 5, params(kind="length_normalised", earlier_segments="on_policy")) == [0.0]


def test_rest_has_no_values_of_prefixes() -> None:
    value = {"kind": "rest", "tau": 0.1, "baseline": "mean", "credit": "prefix"}
    with pytest.raises(UserError, match=r"rl\.objective: rest trains on whole responses; set credit to response"):
        parse_params(ObjectiveParams, "rl.objective", value)


def test_truncation_needs_tokens_of_older_policies() -> None:
    value = {"kind": "eq3", "tau": 0.1, "baseline": "mean", "truncation": 2.0}
    with pytest.raises(UserError, match=r"rl\.objective: truncation weighs the tokens of older policies, which on_pol"):
        parse_params(ObjectiveParams, "rl.objective", value | {"earlier_segments": "on_policy"})
    assert parse_params(ObjectiveParams, "rl.objective", value | {"earlier_segments": "kept"}).truncation == 2.0
