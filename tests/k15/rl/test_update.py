"""From groups to updates: advantages, minibatches, references, steps."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch

from k15.errors import UserError
from k15.model.vlm import VisionLanguageModel
from k15.rl.mismatch import MismatchParams
from k15.rl.objective import PolicyBatch
from k15.rl.trajectory import Group, Segment
from k15.rl.update import Scored, minibatch_steps, minibatches, policy_update, prepare, set_reference
from k15.tokenizer import ASSISTANT, IMAGE, USER
from k15.training.batch import IGNORED
from k15.training.trainer import Trainer
from tests.k15 import tiny
from tests.k15.rl.data_parallel import GROUPS, LIMITS, OBJECTIVE, OPTIMIZER, STEP
from tests.k15.rl.test_objective import params
from tests.k15.rl.trajectories import group

PATCHES, SIZE = tiny.SHAPE.image_tokens, tiny.SHAPE.image_size


def prepared(groups: Sequence[Group], version: int = 0, **changes: Any) -> list[list[Scored]]:
    return prepare(groups, params(**changes), version, PATCHES)


def test_prepare() -> None:
    groups = [group([2, 3], [1, 1]), group([2, 4], [1, 0]), group([3, 3, 2], [0, 0, 0])]
    (rows,) = prepared(groups)
    assert [r.advantage for r in rows] == [[0.5] * 2, [-0.5] * 4] and [r.share for r in rows] == [1, 1]
    assert rows[1].example.ids == [*groups[1].prompt.ids, *groups[1].responses[1].ids]
    assert rows[1].example.predicted == 4
    assert rows[1].engine == [-1.0] * 4 and rows[1].weights == [1.0] * 4 and not any(rows[1].earlier)
    assert prepared(groups[::2], baseline="log_mean_exp") == []


def test_uniform_groups_are_held_by_the_regulariser_where_they_are_kept() -> None:
    """Their first term is 0; from the second step on the second one is not."""
    groups = [group([2, 3], [1, 1]), group([2, 4], [1, 0])]
    uniform, mixed = prepared(groups, uniform_groups="kept")
    assert [r.advantage for r in uniform] == [[0.0] * 2, [0.0] * 3] and mixed == prepared(groups)[0]
    assert len(prepared(groups, uniform_groups="kept", kind="rest")) == 2  # which fits both groups' best, and has none


def test_length_rewards_make_a_difference() -> None:
    solved = group([2, 4], [1, 1])
    solved.responses[0].reward += 0.1
    ((first, second),) = prepared([solved])
    assert (first.advantage, second.advantage) == (pytest.approx([0.05] * 2), pytest.approx([-0.05] * 4))


def test_rest_trains_on_the_best_alone() -> None:
    groups = [group([2, 4, 3], [1, 0, 1]), group([2, 3], [1, 1]), group([2, 3], [0, 0])]
    one, two = prepared(groups, kind="rest")
    assert [len(r.engine) for r in one] == [2, 3] and len(two) == 2
    assert {a for r in [*one, *two] for a in r.advantage} == {1.0}


def test_earlier_segments() -> None:
    mixed = [group([[2, 0], [3, 1], 4], [1, 0, 1], version=5)]
    ((first, second, _),) = prepared(mixed, 5)
    assert first.weights == [1, 1] and second.weights == [0, 0, 0, 1]
    ((second, third),) = prepared(mixed, 5, earlier_segments="on_policy")
    assert (second.advantage, third.advantage) == (
        pytest.approx([-2 / 3] * 4),
        pytest.approx([1 / 3] * 4),
    )  # the first is in the baseline
    assert second.weights == [0, 0, 0, 1] and third.weights == [1] * 4
    ((first, second, _),) = prepared(mixed, 5, earlier_segments="kept")
    assert first.weights == [1, 1] and second.weights == [1] * 4
    assert first.earlier == [True] * 2 and second.earlier == [True, True, True, False]


def test_a_group_whose_rest_teaches_nothing_is_left_out() -> None:
    """What is left of the group lies on its baseline."""
    rest = [group([[2, 0], [2, 0], 4], [1, 0, 0.5], version=5)]
    assert prepared(rest, 5, earlier_segments="on_policy") == [] and len(prepared(rest, 5)) == 1


def test_tokens_of_a_later_policy_are_refused() -> None:
    with pytest.raises(ValueError, match="tokens of a policy after 4"):
        prepared([group([2, 3], [1, 0], version=5)], 4)


def test_pictures_are_expanded() -> None:
    ((first, _),) = prepared([group([2, 3], [1, 0], images=2)])
    assert first.example.ids[:-2] == [USER, *[IMAGE] * 2 * PATCHES, 10, 11, ASSISTANT]
    assert len(first.example.images) == 2


@pytest.mark.parametrize("budget", [1, 16, 24, 1000])
def test_microbatches_respect_the_budget(budget: int) -> None:
    tiny.model()
    groups = prepared([group([3, 9, 4, 1, 6, 2, 3], [1, 0, 1, 0, 1, 0, 1])])
    (batches,) = minibatches(groups, 1, 0, budget, SIZE)
    assert len(batches) == {1: 7, 16: 5, 24: 5, 1000: 1}[budget]
    assert all(len(batch.tokens) == 1 or batch.tokens.numel() <= budget for batch in batches)
    found = [row[row != 0].tolist() for batch in batches for row in batch.tokens]
    assert sorted(found) == sorted(row.example.ids for row in groups[0])


def test_every_number_stands_at_its_token() -> None:
    tiny.model()
    groups = [group([[2, 3], 4], [1, 0], version=1)]
    groups[0].responses[0].segments[1] = Segment(1, groups[0].responses[0].segments[1].ids, [-2.0, -3.0, -4.0])
    ((batch,),) = minibatches(prepared(groups, 1), 1, 0, 1000, SIZE)
    start = len(groups[0].prompt.ids) - 1  # the shorter row is the first
    assert batch.engine[1, start : start + 5].tolist() == [-1, -1, -2, -3, -4]
    assert batch.earlier[1].nonzero()[:, 0].tolist() == [start, start + 1]
    assert batch.weights is not None and batch.weights[1].nonzero()[:, 0].tolist() == [start + 2, start + 3, start + 4]
    assert batch.advantage[0, start : start + 5].tolist() == [-0.5] * 4 + [0]
    assert batch.advantage[1, start : start + 5].tolist() == [0.5] * 5 and batch.share.tolist() == [1, 1]


def truth(model: VisionLanguageModel, batch: PolicyBatch) -> torch.Tensor:
    """log π of every response token [B, T]; 0 elsewhere."""
    hidden = model(batch.tokens, batch.images, None, batch.patches)
    table = torch.log_softmax(hidden @ model.output_weight().T, -1)
    chosen = table.gather(-1, batch.targets.clamp(min=0)[..., None])[..., 0]
    return (chosen * (batch.targets != IGNORED)).detach()


@pytest.mark.parametrize("budget", [1, 1000])
def test_reference(budget: int) -> None:
    model = tiny.model()
    batches = minibatches(prepared(GROUPS, 2), 2, 3, budget, SIZE)
    filled, found = set_reference(model, batches, None)
    for before, after in zip(chain(*batches), chain(*filled), strict=True):
        assert before.weights is not None
        torch.testing.assert_close(after.reference, (truth(model, before) * before.weights).sum(-1))
        assert torch.equal(after.targets != IGNORED, before.weights != 0)
    current = [v == 2 for g in GROUPS for r in g.responses for v in r.versions]
    assert (found.tokens, found.earlier_tokens) == (sum(current), len(current) - sum(current))


def test_an_engine_that_agrees() -> None:
    model = tiny.model()
    ((batch,),) = minibatches(prepared(GROUPS[:1], 2), 1, 3, 1000, SIZE)
    exact = truth(model, batch)
    agreeing = PolicyBatch(**vars(batch) | {"engine": exact})
    assert set_reference(model, [[agreeing]], None)[1].maximum < 1e-5
    off = PolicyBatch(**vars(batch) | {"engine": exact - 0.25 * (batch.targets != IGNORED)})
    found = set_reference(model, [[off]], None)[1]
    assert found.mean == pytest.approx(0.25, abs=1e-5) and found.earlier_mean == pytest.approx(0.25, abs=1e-5)


def test_truncated_importance_weights() -> None:
    """min(c, π_i/μ) on tokens of older policies, 1 on the current one's, in the reference as in the loss."""
    model = tiny.model()
    rows = prepared([group([[2, 2], 3], [1, 0], version=1)], 1, earlier_segments="kept")
    ((batch,),) = minibatches(rows, 1, 0, 1000, SIZE)
    exact, start = truth(model, batch), 3
    engine = exact.clone()
    engine[1, start], engine[1, start + 1] = exact[1, start] + 1, exact[1, start + 1] - 2  # μ larger, μ smaller
    batch = PolicyBatch(**vars(batch) | {"engine": engine})
    (((filled,),), _) = set_reference(model, [[batch]], 1.5)
    assert filled.weights is not None
    weights = torch.tensor([torch.e**-1, 1.5, 1, 1])
    torch.testing.assert_close(filled.weights[1, start : start + 4], weights)
    torch.testing.assert_close(filled.weights[0, start : start + 3], torch.ones(3))
    torch.testing.assert_close(filled.reference[1], (weights * exact[1, start : start + 4]).sum())


def run_steps(budget: int, steps: int, tau: float = 0.1) -> tuple[list[dict[str, float]], torch.Tensor]:
    trainer = Trainer(tiny.model(), OPTIMIZER)
    batches, _ = set_reference(trainer.model, minibatches(prepared(GROUPS, 2), steps, 3, budget, SIZE), None)
    figures = minibatch_steps(trainer, batches, params(tau=tau), lr=1e-2)
    return figures, torch.cat([p.flatten() for p in learnable(trainer.model)])


def learnable(model: VisionLanguageModel) -> list[torch.Tensor]:
    """All parameters but key biases: softmax cancels those, so their gradient is rounding, which Adam blows up."""
    config, kept = model.vision.config, []
    for name, parameter in model.named_parameters():
        values = parameter.detach()
        if name.startswith("vision.") and name.endswith("linear_qkv.bias"):
            values = values.reshape(config.num_attention_heads, 3, -1)[:, [0, 2]]
        kept.append(values)
    return kept


def test_minibatches_are_whole_groups() -> None:
    figures, _ = run_steps(1000, 2)
    assert [f["count"] for f in figures] == [2, 2]
    assert len(run_steps(1000, 5)[0]) == 2  # no more steps than groups
    assert [f["count"] for f in run_steps(1000, 1)[0]] == [4]
    assert minibatches([], 3, 0, 1000, SIZE) == []


def test_updates_do_not_depend_on_the_budget() -> None:
    figures, whole = run_steps(1000, 2)
    split_figures, split = run_steps(1, 2)
    for own, other in zip(split_figures, figures, strict=True):
        assert own == pytest.approx(other, rel=1e-3, abs=1e-5)
    # Adam divides by the gradient's size: where that is rounding, so is the update.
    assert ((split - whole).abs() > 2e-4).sum() <= 3


def test_tau_matters_from_the_second_step_on() -> None:
    runs = [run_steps(1000, 2, tau)[0] for tau in (0.05, 0.1, 1.0)]
    first, second = zip(*runs, strict=True)
    assert len({round(f["grad_norm"], 5) for f in first}) == 1
    assert len({round(f["grad_norm"], 5) for f in second}) == 3


def update(trainer: Trainer, groups: Sequence[Group], **changes: Any) -> dict[str, float]:
    return policy_update(trainer, groups, params(), LIMITS, **STEP | changes)


def test_update_raises_the_better_response() -> None:
    trainer, groups = Trainer(tiny.model(), OPTIMIZER), [group([2, 5], [1, 0]), group([4, 3], [0, 1], images=1)]
    ((batch,),) = minibatches(prepared(groups), 1, 3, 1000, SIZE)
    before = truth(trainer.model, batch).sum(-1)
    figures = update(trainer, groups, iteration=0, steps=1, lr=1e-3)
    gains = truth(trainer.model, batch).sum(-1) - before
    better = batch.advantage.sum(-1) > 0
    assert (gains[better].min() > gains[~better].max()).item()
    assert (figures["groups"], figures["trained_responses"], figures["trained_tokens"]) == (2, 4, 14)
    assert 0.5 < figures["efficiency"] <= 1 and figures["mismatch_tokens"] == 14


def test_nothing_to_learn() -> None:
    trainer = Trainer(tiny.model(), OPTIMIZER)
    before = torch.cat([p.detach().flatten() for p in trainer.model.parameters()])
    figures = update(trainer, [group([2, 3], [1, 1])], iteration=0)
    assert torch.equal(before, torch.cat([p.detach().flatten() for p in trainer.model.parameters()]))
    assert (figures["groups"], figures["loss"], figures["trained_tokens"]) == (0, 0, 0)


def test_a_mismatch_ends_the_phase_before_any_step() -> None:
    trainer = Trainer(tiny.model(), OPTIMIZER)
    before = torch.cat([p.detach().flatten() for p in trainer.model.parameters()])
    with pytest.raises(UserError, match="engine and trainer disagree"):
        policy_update(
            trainer,
            GROUPS,
            params(),
            MismatchParams(mean_limit=0.01, multiplicative_limit=1.05, canary_limit=0.01),
            **STEP,
        )
    assert torch.equal(before, torch.cat([p.detach().flatten() for p in trainer.model.parameters()]))


def test_ranks_share_the_rows(tmp_path: Path) -> None:
    """Minibatches of two rows and of one: a rank has nothing to do in the latter."""
    trainer = Trainer(tiny.model(), OPTIMIZER)
    expected = policy_update(trainer, GROUPS, OBJECTIVE, LIMITS, **STEP)
    script = Path(__file__).with_name("data_parallel.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "OMP_NUM_THREADS": "1"}
    subprocess.run([*command, str(tmp_path)], check=True, env=environment, timeout=300)
    whole = torch.cat([p.flatten() for p in learnable(trainer.model)])
    for rank in range(2):
        figures, weights = torch.load(tmp_path / f"rank{rank}.pt", weights_only=False)
        assert figures == pytest.approx(expected | {"efficiency": figures["efficiency"]}, rel=1e-3, abs=1e-5)
        assert ((weights - whole).abs() > 2e-4).sum() <= 3
