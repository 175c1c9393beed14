"""From groups to updates: advantages, microbatches, references, minibatches."""

from __future__ import annotations

import pytest
import torch

from k15.model.vlm import VisionLanguageModel
from k15.rl.update import Scored, microbatches, minibatch_steps, prepare, set_reference
from k15.tokenizer import ASSISTANT, IMAGE, USER
from k15.training.trainer import OptimizerParams, Trainer
from tests.k15 import tiny
from tests.k15.rl.groups import group

PATCHES, SIZE = tiny.SHAPE.image_tokens, tiny.SHAPE.image_size
PARAMS = OptimizerParams(lr=1e-2, final_lr_share=1, warmup_steps=0, weight_decay=0, clip_grad=1.0)


def test_prepare() -> None:
    groups = [group([2, 3], [1, 1]), group([2, 4], [1, 0]), group([3, 3, 2], [0, 0, 0])]
    (rows,) = prepare(groups, "mean", 0.1, PATCHES)
    assert [r.advantage for r in rows] == [0.5, -0.5]
    assert rows[1].example.ids == [*groups[1].prompt.ids, *groups[1].responses[1].sample.ids]
    assert sum(t >= 0 for t in rows[1].example.targets) == 4
    assert rows[1].engine_logprobs == [-1.0] * 4
    assert prepare(groups[::2], "log_mean_exp", 0.1, PATCHES) == []


def test_length_rewards_make_a_difference() -> None:
    solved = group([2, 4], [1, 1])
    solved.responses[0].reward += 0.1
    ((first, second),) = prepare([solved], "mean", 0.1, PATCHES)
    assert (first.advantage, second.advantage) == pytest.approx((0.05, -0.05))


def test_pictures_are_expanded() -> None:
    ((first, _),) = prepare([group([2, 3], [1, 0], images=2)], "mean", 0.1, PATCHES)
    assert first.example.ids[:-2] == [USER, *[IMAGE] * 2 * PATCHES, 10, 11, ASSISTANT]
    assert len(first.example.images) == 2


@pytest.mark.parametrize("budget", [1, 16, 24, 1000])
def test_microbatches_respect_the_budget(budget: int) -> None:
    prepared = prepare([group([3, 9, 4, 1, 6, 2, 3], [1, 0, 1, 0, 1, 0, 1])], "mean", 0.1, PATCHES)
    rows = [row for rows in prepared for row in rows]
    batches = microbatches(rows, budget, SIZE)
    assert sorted(id(r) for part, _ in batches for r in part) == sorted(map(id, rows))
    for part, batch in batches:
        assert len(part) == 1 or batch.tokens.numel() <= budget
        assert batch.advantage is not None and batch.advantage.tolist() == pytest.approx([r.advantage for r in part])
        assert [row[: len(r.example.ids)].tolist() for row, r in zip(batch.tokens, part, strict=True)] == [
            r.example.ids for r in part
        ]
    assert len(batches) == {1: 7, 16: 5, 24: 4, 1000: 1}[budget]


def scored() -> list[list[Scored]]:
    return prepare([group([2, 5], [1, 0]), group([4, 3], [0, 1], images=1)], "mean", 0.1, PATCHES)


def engine_logprobs(model: VisionLanguageModel, row: Scored) -> list[float]:
    """As an engine that agrees would give them."""
    images = microbatches([row], 1, SIZE)[0][1].images
    table = torch.log_softmax(model(torch.tensor([row.example.ids]), images) @ model.output_weight().T, -1)[0]
    return [table[i, t].item() for i, t in enumerate(row.example.targets) if t >= 0]


@pytest.mark.parametrize("budget", [1, 1000])
def test_reference_and_mismatch(budget: int) -> None:
    model, rows = tiny.model(), [row for rows in scored() for row in rows]
    for row in rows:
        row.engine_logprobs = engine_logprobs(model, row)
    assert set_reference(model, rows, budget) < 1e-5
    assert [row.reference for row in rows] == pytest.approx([sum(row.engine_logprobs) for row in rows], rel=1e-5)
    rows[1].engine_logprobs = [value - 0.25 for value in rows[1].engine_logprobs]
    tokens = [len(row.engine_logprobs) for row in rows]
    assert set_reference(model, rows, budget) == pytest.approx(0.25 * tokens[1] / sum(tokens), rel=1e-4)


def run_steps(budget: int, steps: int) -> tuple[list[dict[str, float]], torch.Tensor]:
    trainer, groups = Trainer(tiny.model(), PARAMS), scored()
    set_reference(trainer.model, [row for rows in groups for row in rows], budget)
    figures = minibatch_steps(trainer, groups, steps, tau=0.1, lr=1e-2, token_budget=budget, seed=3)
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


def test_updates_do_not_depend_on_the_budget() -> None:
    figures, whole = run_steps(1000, 2)
    split_figures, split = run_steps(1, 2)
    for own, other in zip(split_figures, figures, strict=True):
        assert own == pytest.approx(other, rel=1e-3, abs=1e-5)
    # Adam divides by the gradient's size: where that is rounding, so is the update.
    assert ((split - whole).abs() > 2e-4).sum() <= 3


def test_updates_raise_the_better_response() -> None:
    trainer, groups = Trainer(tiny.model(), PARAMS), scored()
    rows = [row for rows in groups for row in rows]
    set_reference(trainer.model, rows, 1000)
    before = [row.reference for row in rows]
    minibatch_steps(trainer, groups, 1, tau=0.1, lr=1e-3, token_budget=1000, seed=3)
    set_reference(trainer.model, rows, 1000)
    gains = [row.reference - old for row, old in zip(rows, before, strict=True)]
    assert gains[0] > gains[1] and gains[3] > gains[2]
