"""Advantages of branches by hand: what they share is worth V − b, what comes after it r − V."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from k15.rl.credit import credits
from k15.rl.objective import policy_loss
from k15.rl.rewarding import RewardParams, compose
from k15.rl.summary import summary
from k15.rl.trajectory import Group
from k15.rl.update import minibatches, policy_update, prepare, set_reference
from k15.training.batch import dialogue, pad
from k15.training.trainer import Trainer, logprobs
from tests.k15 import tiny
from tests.k15.rl.data_parallel import GROUPS, LIMITS, OPTIMIZER, STEP
from tests.k15.rl.test_objective import params
from tests.k15.rl.trajectories import prompt, response

PATCHES, SIZE = tiny.SHAPE.image_tokens, tiny.SHAPE.image_size


def branched(first: float = 1, branch: float = 0, other: float = 1) -> Group:
    """k = 2: response 0 was cut after two tokens and went on as itself (one token) and as a branch (three); response 1
    has four."""
    found = [response([2, 1], first, 0, 1), response(4, other, 1, 1), response([2, 3], branch, 2, 1)]
    found[2].shared = 1
    found[2].segments[0] = found[0].segments[0]
    return Group(0, 0, prompt(), 0, found)


def by_token(group: Group, **changes: Any) -> list[list[float]]:
    return [credit.advantages for credit in credits(group, params(**changes))]


def test_credit_of_prefixes() -> None:
    """V = 1/2 and 1, b = 3/4: the prefix has −1/4, what comes after it ±1/2; response 1 has 1/4."""
    assert by_token(branched(), credit="prefix") == [[-0.25] * 2 + [0.5], [0.25] * 4, [-0.25] * 2 + [-0.5] * 3]


def test_credit_of_responses() -> None:
    """r − b, with the same baseline: a root counts once in it."""
    assert by_token(branched()) == [[0.25] * 3, [0.25] * 4, [-0.75] * 5]
    assert [credit.share for credit in credits(branched(), params())] == [0.5, 1, 0.5]


@pytest.mark.parametrize("tau", [0.1, 1.0])
def test_log_mean_exp_of_the_values(tau: float) -> None:
    baseline = tau * math.log((math.exp(0.5 / tau) + math.exp(1 / tau)) / 2)
    first, other, branch = by_token(branched(), credit="prefix", tau=tau, baseline="log_mean_exp")
    assert first == pytest.approx([0.5 - baseline] * 2 + [0.5])
    assert branch == pytest.approx([0.5 - baseline] * 2 + [-0.5] * 3)
    assert other == pytest.approx([1 - baseline] * 4)


def test_branches_may_go_on_over_several_iterations() -> None:
    group = branched()
    group.responses[2] = response([2, 1, 2], 0, 2, 2)
    group.responses[2].shared = 1
    assert by_token(group, credit="prefix")[2] == [-0.25] * 2 + [-0.5] * 3


def test_rest_trains_on_the_best_of_all() -> None:
    assert by_token(branched(), kind="rest") == [[1] * 3, [1] * 4, [0] * 5]
    ((first, other),) = prepare([branched()], params(kind="rest"), 1, PATCHES)
    assert (first.share, other.share) == (0.5, 1)


def test_one_continuation_is_no_estimate_of_a_value() -> None:
    """The other one has no verdict: what is left is eq. 3 over two responses."""
    group = branched()
    group.unjudged = [group.responses.pop(2)]
    assert by_token(group, credit="prefix") == [[0] * 3, [0] * 4]
    other = branched(branch=0, other=1)
    other.unjudged = [other.responses.pop(0)]
    assert by_token(other, credit="prefix") == [[0.5] * 4, [-0.5] * 5]


@pytest.mark.parametrize("baseline", ["mean", "log_mean_exp"])
def test_without_branches_both_credits_are_eq3(baseline: str) -> None:
    """Bit by bit: rows, figures and weights."""
    results = []
    for credit in ("response", "prefix"):
        objective = params(baseline=baseline, credit=credit, earlier_segments="kept")
        trainer = Trainer(tiny.model(), OPTIMIZER)
        figures = policy_update(trainer, GROUPS, objective, LIMITS, **STEP)
        weights = torch.cat([p.detach().flatten() for p in trainer.model.parameters()])
        results.append((prepare(GROUPS, objective, 2, PATCHES), figures, weights))
    assert results[0][:2] == results[1][:2] and torch.equal(results[0][2], results[1][2])


def test_what_is_trained_on() -> None:
    """What branches share is of an older policy: masked as a rule. A group whose branches came to the same is left out
    if nothing else differs."""
    ((first, _, branch),) = prepare([branched()], params(credit="prefix"), 1, PATCHES)
    assert first.weights == [0, 0, 1] and branch.weights == [0, 0, 1, 1, 1]
    ((first, _, _),) = prepare([branched()], params(credit="prefix", earlier_segments="kept"), 1, PATCHES)
    assert first.weights == [1, 1, 1]
    same = branched(1, 1, 1)
    assert prepare([same], params(credit="prefix"), 1, PATCHES) == []
    same.responses[1].reward = 0  # of the older tokens alone it can be told that they were better
    assert len(prepare([same], params(credit="prefix"), 1, PATCHES)) == 1


def gradient(group: Group, **changes: Any) -> torch.Tensor:
    """Of all parameters, at π_i."""
    model = tiny.model()
    batches, _ = set_reference(
        model, minibatches(prepare([group], params(**changes), 1, PATCHES), 1, 0, 64, SIZE), None
    )
    for batch in batches[0]:
        policy_loss(model, batch, 0.1).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def single(place: int, start: int, end: int, group: Group) -> torch.Tensor:
    """∇ Σ log π of tokens `start` to `end` of a response."""
    model, one = tiny.model(), group.responses[place]
    batch = pad([dialogue(group.prompt.ids, one.ids)], SIZE)
    first = len(group.prompt.ids) - 1
    logprobs(model, batch)[0, first + start : first + end].sum().backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def test_gradient_of_branches_by_hand() -> None:
    """−[−1/4·∇prefix + 1/2·(1/2·∇first − 1/2·∇branch) + 1/4·∇other]; the prefix once, though it is in two rows."""
    group = branched()
    prefix, first = single(0, 0, 2, group), single(0, 2, 3, group)
    branch, other = single(2, 2, 5, group), single(1, 0, 4, group)
    expected = -(-prefix / 4 + first / 4 - branch / 4 + other / 4)
    kept = gradient(group, credit="prefix", earlier_segments="kept")
    torch.testing.assert_close(kept, expected, atol=1e-5, rtol=1e-4)
    masked = gradient(group, credit="prefix")
    torch.testing.assert_close(masked, expected - prefix / 4, atol=1e-5, rtol=1e-4)
    whole = -(-prefix / 4 + first / 8 - branch * 3 / 8 + other / 4)  # of what is shared, both credits say the same
    torch.testing.assert_close(gradient(group, earlier_segments="kept"), whole, atol=1e-5, rtol=1e-4)


def test_lengths_of_all_branches_are_compared() -> None:
    """Three to five tokens: λ = 0.5, 0 and −0.5, for wrong ones only where it is negative."""
    group = branched(1, 1, 0)
    compose([group], RewardParams(length_weight=0.2, length_warmup=0, repetition_penalty=0), 0)
    assert [r.reward for r in group.responses] == pytest.approx([1.1, 0.0, 0.9])


def test_the_curve_counts_a_root_once() -> None:
    found = summary([branched()])
    assert found["accuracy"] == 0.75 and found["length"] == 4.0 and found["in_parts"] == 0.5
    assert found["responses"] == 3
