"""Which prompts an iteration draws: weights by hand, draws as a function of seed and iteration."""

from __future__ import annotations

from typing import Any

import pytest

from k15.errors import UserError
from k15.rl.sampler import PromptSampler, SamplerParams

RATES = [0.2, 0.9, 0.5, 1.0, 0.0, 0.7]
EASY_FIRST = [3, 1, 5, 2, 0, 4]


def sampler(rates: list[float] = RATES, seed: int = 1, **changes: Any) -> PromptSampler:
    settings = {
        "strategy": "curriculum",
        "curriculum_iterations": 4,
        "priority_floor": 0.05,
        "success_momentum": 0.75,
    }
    return PromptSampler(rates, SamplerParams(**{**settings, **changes}), seed)


def window(weights: Any) -> list[int]:
    return [i for i in EASY_FIRST if weights[i] > 0]


def test_prioritised_weights() -> None:
    weights = sampler().weights(4)
    raw = [0.8, 0.1, 0.5, 0.05, 1.0, 0.3]  # 1 − s; the solved prompt keeps the floor
    assert weights.tolist() == pytest.approx([w / sum(raw) for w in raw])
    assert sampler(curriculum_iterations=0).weights(0).tolist() == pytest.approx(weights.tolist())


def test_curriculum_goes_from_easy_to_hard() -> None:
    windows = [window(sampler().weights(iteration)) for iteration in range(4)]
    assert windows[0] == [3, 1, 5] and windows[-1] == [2, 0, 4]
    assert all(w == EASY_FIRST[EASY_FIRST.index(w[0]) :][:3] for w in windows)
    starts = [EASY_FIRST.index(w[0]) for w in windows]
    assert starts == sorted(starts)
    assert sampler().weights(0)[3] == pytest.approx(1 / 3)


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("warm", [1, 3])
def test_weights_are_probabilities(size: int, warm: int) -> None:
    for iteration in range(5):
        weights = sampler(RATES[:size], curriculum_iterations=warm).weights(iteration)
        assert weights.sum() == pytest.approx(1) and (weights >= 0).all()


def test_curriculum_keeps_the_curated_order() -> None:
    changing = sampler()
    changing.update({3: 0.0, 4: 1.0})
    assert window(changing.weights(0)) == [3, 1, 5]


def test_uniform() -> None:
    assert sampler(strategy="uniform").weights(0).tolist() == pytest.approx([1 / 6] * 6)
    assert sampler(strategy="uniform").weights(9).tolist() == pytest.approx([1 / 6] * 6)


def test_success_moves_with_momentum() -> None:
    changing = sampler()
    changing.update({0: 1.0, 3: 0.0})
    assert changing.success.tolist() == pytest.approx([0.75 * 0.2 + 0.25, 0.9, 0.5, 0.75, 0.0, 0.7])
    changing.update({0: 1.0})
    assert changing.success[0] == pytest.approx(0.75 * 0.4 + 0.25)


def test_draws_are_a_function_of_seed_and_iteration() -> None:
    draws = [sampler().draw(iteration, 3) for iteration in range(6)]
    continued = sampler()
    assert [continued.draw(iteration, 3) for iteration in reversed(range(6))] == draws[::-1]
    assert [sampler(seed=2).draw(iteration, 3) for iteration in range(6)] != draws
    assert draws[4] != draws[5]


def test_draws_differ_while_there_are_enough() -> None:
    assert sorted(sampler().draw(0, 3)) == [1, 3, 5]
    assert sorted(sampler().draw(4, 6)) == [0, 1, 2, 3, 4, 5]
    repeated = sampler().draw(0, 8)
    assert len(repeated) == 8 and set(repeated) <= {1, 3, 5}


def test_hard_prompts_come_more_often() -> None:
    drawn = [i for iteration in range(4, 404) for i in sampler().draw(iteration, 1)]
    assert drawn.count(4) > drawn.count(5) > drawn.count(3) > 0


def test_no_prompts() -> None:
    with pytest.raises(UserError, match="no prompts to train on"):
        sampler([])
