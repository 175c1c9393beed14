"""Which prompts an iteration takes: weights by hand, orders as a function of seed, iteration and history."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from k15.errors import UserError
from k15.params import parse_params
from k15.rl.sampler import PromptSampler, SamplerParams
from k15.rl.trajectory import RLPrompt

RATES = [0.2, 0.9, 0.5, 1.0, 0.0, 0.7]
EASY_FIRST = [3, 1, 5, 2, 0, 4]
SETTINGS: dict[str, Any] = {
    "curriculum": "none",
    "curriculum_iterations": 4,
    "hard_below": 0.5,
    "prioritised": True,
    "prior": 1.0,
    "window": 4,
    "floor": 0.05,
}


def sampler(rates: Sequence[float] = RATES, seed: int = 1, **changes: Any) -> PromptSampler:
    prompts = [RLPrompt(f"p{i}", [1], (), {}, rate) for i, rate in enumerate(rates)]
    return PromptSampler(prompts, SamplerParams(**{**SETTINGS, **changes}), seed)


def normalised(raw: Sequence[float]) -> Any:
    return pytest.approx([w / sum(raw) for w in raw])


def positive(weights: np.ndarray) -> list[int]:
    return [i for i in EASY_FIRST if weights[i] > 0]


def test_uniform() -> None:
    uniform = sampler(prioritised=False)
    uniform.update([(0, 1.0)])
    assert all(uniform.weights(i).tolist() == pytest.approx([1 / 6] * 6) for i in (0, 4, 9))


def test_prioritised_from_the_start_without_a_curriculum() -> None:
    raw = [0.8, 0.1, 0.5, 0.05, 1.0, 0.3]  # 1 − s; the solved prompt keeps the floor
    assert all(sampler().weights(i).tolist() == normalised(raw) for i in (0, 4, 9))


def test_switch() -> None:
    """Uniform over all, from iteration 4 on over the prompts below 0.5."""
    switch = sampler(curriculum="switch", prioritised=False)
    assert switch.weights(3).tolist() == pytest.approx([1 / 6] * 6)
    assert switch.weights(4).tolist() == switch.weights(9).tolist() == [0.5, 0, 0, 0, 0.5, 0]


def test_switch_prioritised_within_the_hard_pool() -> None:
    switch = sampler(curriculum="switch")
    switch.update([(4, 1.0), (3, 0.0)])  # s_4 = (0 + 1) / 2; the pool stays that of the curated pass rates
    assert switch.weights(3).tolist() == pytest.approx([1 / 6] * 6)
    assert switch.weights(4).tolist() == normalised([0.8, 0, 0, 0, 0.5, 0])


def test_switch_at_the_first_iteration() -> None:
    assert positive(sampler(curriculum="switch", curriculum_iterations=0).weights(0)) == [0, 4]


def test_smooth_goes_from_easy_to_hard() -> None:
    smooth = sampler(curriculum="smooth")
    windows = [positive(smooth.weights(iteration)) for iteration in range(4)]
    assert windows == [[3, 1, 5], [1, 5, 2], [5, 2, 0], [2, 0, 4]]
    assert smooth.weights(0)[3] == pytest.approx(1 / 3)
    assert smooth.weights(4).tolist() == normalised([0.8, 0.1, 0.5, 0.05, 1.0, 0.3])


def test_smooth_alone_stays_at_the_hard_end() -> None:
    smooth = sampler(curriculum="smooth", prioritised=False)
    assert positive(smooth.weights(3)) == positive(smooth.weights(4)) == positive(smooth.weights(99)) == [2, 0, 4]


def test_smooth_keeps_the_curated_order() -> None:
    smooth = sampler(curriculum="smooth")
    smooth.update([(3, 0.0), (4, 1.0)])
    assert positive(smooth.weights(0)) == [3, 1, 5]


def test_smooth_mixes_prompts_of_one_pass_rate() -> None:
    """The window cuts through them at random, not through the order of the prompt set."""
    members = [i for i in range(100) if sampler([0.5] * 100, curriculum="smooth").weights(0)[i] > 0]
    assert len(members) == 50 and 10 < sum(i < 50 for i in members) < 40


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("curriculum", ["none", "switch", "smooth"])
@pytest.mark.parametrize("prioritised", [False, True])
@pytest.mark.parametrize("warm", [1, 3])
def test_weights_are_probabilities(size: int, curriculum: str, prioritised: bool, warm: int) -> None:
    chosen = sampler(RATES[:size], curriculum=curriculum, prioritised=prioritised, curriculum_iterations=warm)
    for iteration in range(5):
        weights = chosen.weights(iteration)
        assert weights.sum() == pytest.approx(1) and (weights >= 0).all()


def test_success_rates() -> None:
    """s = (prior · curated + Σ of the last two groups) / (prior + number of them)."""
    changing = sampler(prior=2.0, window=2)
    changing.update([(0, 1.0), (3, 0.25)])
    assert changing.success.tolist() == pytest.approx([1.4 / 3, 0.9, 0.5, 2.25 / 3, 0.0, 0.7])
    changing.update([(0, 0.5)])
    assert changing.success[0] == pytest.approx((0.4 + 1.5) / 4)
    changing.update([(0, 0.0)])  # the first group has left the window
    assert changing.success[0] == pytest.approx((0.4 + 0.5) / 4)


def test_two_groups_of_a_prompt_in_one_iteration_count_twice() -> None:
    changing = sampler()
    changing.update([(0, 1.0), (0, 0.5)])
    assert changing.success[0] == pytest.approx(1.7 / 3)
    assert changing.state()[0]["recent"] == [1.0, 0.5]


def test_a_solved_prompt_comes_back() -> None:
    solved = sampler(floor=0.1)
    solved.update([(i, 1.0) for i in range(6) for _ in range(4)])
    assert solved.weights(1)[3] == solved.weights(1).min() > 0
    assert 3 in {solved.order(iteration)[0] for iteration in range(200)}
    solved.update([(3, 0.0)] * 4)
    assert solved.weights(2)[3] == solved.weights(2).max()


@pytest.mark.parametrize("success", [float("nan"), -0.1, 1.1])
def test_success_out_of_range(success: float) -> None:
    with pytest.raises(ValueError, match="success rate"):
        sampler().update([(0, success)])


def test_orders_are_a_function_of_seed_and_iteration() -> None:
    orders = [sampler().order(iteration) for iteration in range(8)]
    continued = sampler()
    assert [continued.order(iteration) for iteration in reversed(range(8))] == orders[::-1]
    assert [sampler(seed=2).order(iteration) for iteration in range(8)] != orders
    assert len({tuple(order) for order in orders}) > 1
    assert sampler().order(0, lap=1) != sampler().order(0)


def test_an_order_holds_every_eligible_prompt_once() -> None:
    assert sorted(sampler().order(0)) == [0, 1, 2, 3, 4, 5]
    assert sorted(sampler(curriculum="smooth").order(0)) == [1, 3, 5]
    assert sorted(sampler(curriculum="switch").order(4)) == [0, 4]


def test_exclusion_leaves_the_order_of_the_others() -> None:
    for iteration in range(20):
        whole = sampler().order(iteration)
        assert sampler().order(iteration, {4, 1}) == [i for i in whole if i not in (4, 1)]
    assert sampler().order(0, range(6)) == []


def chi_square(counts: Counter[int], expected: Sequence[float]) -> float:
    total = counts.total()
    return sum((counts[i] - total * p) ** 2 / (total * p) for i, p in enumerate(expected))


def test_orders_follow_the_weights() -> None:
    """Six classes: a chi-square of 25 has a probability of about 1e-4."""
    chosen = sampler()
    orders = [chosen.order(iteration) for iteration in range(6000)]
    w = chosen.weights(0)
    assert chi_square(Counter(order[0] for order in orders), w.tolist()) < 25
    second = [sum(w[i] * w[j] / (1 - w[i]) for i in range(6) if i != j) for j in range(6)]
    assert chi_square(Counter(order[1] for order in orders), second) < 25


def test_draw_goes_round_where_prompts_are_few() -> None:
    smooth = sampler(curriculum="smooth")
    assert smooth.draw(0, 2) == smooth.order(0)[:2]
    assert smooth.draw(0, 8) == [*smooth.order(0), *smooth.order(0, lap=1), *smooth.order(0, lap=2)[:2]]
    assert smooth.draw(0, 0) == []


def history(chosen: PromptSampler, iterations: range) -> None:
    for iteration in iterations:
        generator = random.Random(iteration)
        chosen.update([(i, generator.random()) for i in chosen.draw(iteration, 4)])


def test_state_through_parquet(tmp_path: Path) -> None:
    whole, first, second = sampler(window=3), sampler(window=3), sampler(window=3)
    history(whole, range(12))
    history(first, range(7))
    pq.write_table(pa.Table.from_pylist(first.state()), tmp_path / "sampler.parquet")
    rows = pq.read_table(tmp_path / "sampler.parquet").to_pylist()
    assert rows == first.state()
    second.restore(reversed(rows))
    assert second.success.tolist() == first.success.tolist()
    history(second, range(7, 12))
    assert second.state() == whole.state()
    assert second.success.tolist() == whole.success.tolist()
    assert [second.order(i) for i in range(12, 16)] == [whole.order(i) for i in range(12, 16)]


def test_state_rows() -> None:
    changing = sampler()
    changing.update([(1, 0.5)])
    assert changing.state()[:2] == [
        {"prompt": 0, "prompt_id": "p0", "recent": []},
        {"prompt": 1, "prompt_id": "p1", "recent": [0.5]},
    ]


def test_state_of_other_prompts() -> None:
    rows = sampler().state()
    with pytest.raises(UserError, match="another prompt set"):
        sampler().restore(rows[:-1])
    with pytest.raises(UserError, match="another prompt set"):
        sampler().restore([{**rows[0], "prompt_id": "other"}, *rows[1:]])


def test_statistics() -> None:
    """Hard: p0, p4; medium: p2, p5; easy: p1, p3."""
    chosen = sampler()
    rows = {row["difficulty"]: row for row in chosen.statistics(7, [4, 0, 4, 2])}
    assert rows["hard"]["iteration"] == 7
    assert [rows[name]["prompts"] for name in ("hard", "medium", "easy", "all")] == [2, 2, 2, 6]
    assert [rows[name]["sampled"] for name in ("hard", "medium", "easy", "all")] == [3, 1, 0, 4]
    assert [rows[name]["share"] for name in ("hard", "medium", "easy", "all")] == [0.75, 0.25, 0.0, 1.0]
    assert rows["hard"]["weight"] == pytest.approx(1.8 / 2.75, abs=1e-4)
    assert [rows[name]["success"] for name in ("hard", "medium", "easy")] == pytest.approx([0.1, 0.6, 0.95])
    entropy = -sum(p * math.log(p) for p in chosen.weights(7))
    assert rows["all"]["effective"] == pytest.approx(math.exp(entropy), abs=0.01)


def test_statistics_of_a_pool() -> None:
    switch = sampler(curriculum="switch", prioritised=False)
    rows = {row["difficulty"]: row for row in switch.statistics(4, [])}
    assert rows["hard"]["weight"] == 1.0 and rows["hard"]["effective"] == 2.0
    assert rows["easy"]["weight"] == rows["easy"]["effective"] == rows["all"]["share"] == 0.0
    assert {row["difficulty"] for row in sampler([0.1]).statistics(0, [0])} == {"hard", "all"}


def test_float32_pass_rates_are_read_as_written() -> None:
    """The prompt set's 0.7 is 0.69999999: not below 0.7."""
    stored = [float(np.float32(rate)) for rate in (0.6, 0.7)]
    switch = sampler(stored, curriculum="switch", curriculum_iterations=0, hard_below=0.7)
    assert switch.weights(0).tolist() == [1.0, 0.0]


def test_no_prompts() -> None:
    with pytest.raises(UserError, match="no prompts to train on"):
        sampler([])


def test_empty_hard_pool() -> None:
    with pytest.raises(UserError, match=r"below 0.1 .*lowest is 0.2\); raise sampler.hard_below"):
        sampler([0.2, 0.5], curriculum="switch", hard_below=0.1)
    assert sampler([0.2, 0.5], curriculum="smooth", hard_below=0.1).order(0)  # has no hard pool


@pytest.mark.parametrize(
    ("key", "value"), [("curriculum", "hardest"), ("hard_below", 0), ("prior", 0), ("window", 0), ("floor", 0)]
)
def test_params_out_of_range(key: str, value: Any) -> None:
    with pytest.raises(UserError, match=rf"rl\.sampler\.{key} must be"):
        parse_params(SamplerParams, "rl.sampler", {**SETTINGS, key: value})


def test_smooth_over_no_iterations() -> None:
    with pytest.raises(UserError, match="needs curriculum_iterations of at least 1; or set curriculum to none"):
        parse_params(SamplerParams, "rl.sampler", {**SETTINGS, "curriculum": "smooth", "curriculum_iterations": 0})
