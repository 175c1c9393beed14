"""One update: what it depends on and what it does not; what a saved state continues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from k15.errors import UserError
from k15.tokenizer import IMAGE
from k15.training.batch import Batch, document, pack, pad
from k15.training.trainer import OptimizerParams, Trainer, cross_entropy, logprobs
from tests.k15 import tiny

PARAMS = OptimizerParams(lr=1e-2, final_lr_share=0.1, warmup_steps=4, weight_decay=0.1, clip_grad=1.0)
SIZE = tiny.SHAPE.image_size
EXAMPLES = [
    document([8, 9, 10, 11, 12, 13]),
    document([20, 21, 22]),
    document([*[IMAGE] * tiny.SHAPE.image_tokens, 30, 31, 32, 33], (tiny.picture(1),)),
    document([40, 41, 42, 43, 44]),
]


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in trainer.model.named_parameters()}


def assert_same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> None:
    assert left.keys() == right.keys()
    assert not [name for name in left if not torch.equal(left[name], right[name])]


def gradients(microbatches: Sequence[Batch]) -> tuple[dict[str, float], dict[str, torch.Tensor]]:
    """Figures and gradients of one step, clipping apart."""
    trainer = Trainer(tiny.model(), PARAMS.model_copy(update={"clip_grad": 1e9}))
    figures = trainer.step(microbatches, 1e-3)
    return figures, {name: p.main_grad.clone() for name, p in trainer.model.named_parameters()}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "split",
    [
        [pad(EXAMPLES[:1], SIZE), pad(EXAMPLES[1:], SIZE)],
        [pad([e], SIZE) for e in reversed(EXAMPLES)],
        [pack(EXAMPLES, 12, SIZE)],
        [pack(EXAMPLES[1:3], 12, SIZE), pad([EXAMPLES[3], EXAMPLES[0]], SIZE)],
    ],
    ids=["two", "one each", "packed", "mixed"],
)
def test_gradient_does_not_depend_on_the_split(split: list[Batch]) -> None:
    expected_figures, expected = gradients([pad(EXAMPLES, SIZE)])
    figures, actual = gradients(split)
    assert figures == pytest.approx(expected_figures, rel=1e-5)
    for name, gradient in expected.items():
        torch.testing.assert_close(actual[name], gradient, atol=1e-6, rtol=1e-4, msg=name)


def test_loss_is_the_mean_over_targets() -> None:
    figures, _ = gradients([pad(EXAMPLES[:1], SIZE), pad(EXAMPLES[1:2], SIZE)])
    model, losses = tiny.model(), []
    for example in EXAMPLES[:2]:
        ids = torch.tensor(example.ids)
        logits = model(ids[None, :-1])[0] @ model.output_weight().T
        losses.append(torch.nn.functional.cross_entropy(logits, ids[1:], reduction="none"))
    assert figures["loss"] == pytest.approx(torch.cat(losses).mean().item(), rel=1e-5)
    assert figures["count"] == 7


def test_weighted_targets() -> None:
    batch = pad(EXAMPLES[1:2], SIZE)
    model = tiny.model()
    values = logprobs(model, batch)
    weighted = replace(batch, weights=torch.tensor([[3.0, 0.5, 7.0]]))
    expected = -(3.0 * values[0, 0] + 0.5 * values[0, 1])
    assert cross_entropy(model, weighted).item() == pytest.approx(expected.item())
    assert gradients([weighted])[0]["loss"] == pytest.approx(expected.item() / 3.5)


def test_clipping() -> None:
    figures, _ = gradients([pad(EXAMPLES, SIZE)])
    clipped = Trainer(tiny.model(), PARAMS.model_copy(update={"clip_grad": figures["grad_norm"] / 4}))
    assert clipped.step([pad(EXAMPLES, SIZE)], 1e-3)["grad_norm"] == pytest.approx(figures["grad_norm"])
    norm = torch.stack([p.main_grad.norm() for p in clipped.model.parameters()]).norm()  # type: ignore[attr-defined]
    assert norm.item() == pytest.approx(figures["grad_norm"] / 4, rel=1e-4)


def test_only_the_trainable_part_moves() -> None:
    model = tiny.model()
    for trainable in (("vision.", "projector."), ("language.",)):
        trainer = Trainer(model, PARAMS, trainable)
        before = weights(trainer)
        trainer.step([pad(EXAMPLES, SIZE)], 1e-3)
        moved = {name for name, tensor in weights(trainer).items() if not torch.equal(tensor, before[name])}
        assert moved == {name for name in before if name.startswith(trainable)}


def test_a_second_trainer_starts_afresh() -> None:
    used = tiny.model()
    Trainer(used, PARAMS, ["vision."]).step([pad(EXAMPLES, SIZE)], 1e-2)
    fresh = tiny.model()
    fresh.load_state_dict(used.state_dict())
    second, only = Trainer(used, PARAMS), Trainer(fresh, PARAMS)
    assert second.step([pad(EXAMPLES, SIZE)], 1e-3) == only.step([pad(EXAMPLES, SIZE)], 1e-3)
    assert_same(weights(second), weights(only))


def test_saved_state_continues_with_the_same_bits(tmp_path: Path) -> None:
    batches = [[pad([e], SIZE)] for e in EXAMPLES]
    whole = Trainer(tiny.model(), PARAMS)
    for batch in batches:
        whole.step(batch, 1e-2)
    first = Trainer(tiny.model(), PARAMS)
    for batch in batches[:2]:
        first.step(batch, 1e-2)
    first.save(tmp_path / "deep" / "state.pt", rows=[1, 2])
    expected_noise = torch.rand(3)
    second = Trainer(tiny.model(seed=2), PARAMS)
    torch.manual_seed(99)
    assert second.load(tmp_path / "deep" / "state.pt")["rows"] == [1, 2]
    assert torch.equal(torch.rand(3), expected_noise)
    for batch in batches[2:]:
        second.step(batch, 1e-2)
    assert_same(weights(second), weights(whole))
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["state.pt"]


def moments(trainer: Trainer) -> list[torch.Tensor]:
    state = trainer.optimizer.state_dict()["state"]
    return [s[name] for s in state.values() for name in ("exp_avg", "exp_avg_sq") if name in s]


def test_reset_empties_the_moments() -> None:
    trainer = Trainer(tiny.model(), PARAMS)
    trainer.step([pad(EXAMPLES, SIZE)], 1e-2)
    assert any(m.any() for m in moments(trainer))
    trainer.reset_optimizer()
    assert not any(m.any() for m in moments(trainer))
    fresh = Trainer(tiny.model(), PARAMS)
    fresh.model.load_state_dict(trainer.model.state_dict())
    trainer.step([pad(EXAMPLES[:2], SIZE)], 1e-2)
    fresh.step([pad(EXAMPLES[:2], SIZE)], 1e-2)
    assert_same(weights(trainer), weights(fresh))


def test_learning_rate() -> None:
    rates = [PARAMS.lr_at(step, 8) for step in range(9)]
    assert rates[:4] == pytest.approx([0.0025, 0.005, 0.0075, 0.01])  # linear warm-up
    assert rates[4] == pytest.approx(0.01)
    assert rates[6] == pytest.approx(0.01 * (0.1 + 0.9 / 2))  # half-way: the cosine is 0
    assert rates[8] == pytest.approx(0.001)
    assert rates[4:] == sorted(rates[4:], reverse=True)
    constant = PARAMS.model_copy(update={"warmup_steps": 0, "final_lr_share": 1.0})
    assert {constant.lr_at(step, 5) for step in range(5)} == {0.01}


def test_a_loss_that_is_not_finite_leaves_the_weights() -> None:
    trainer = Trainer(tiny.model(), PARAMS)
    before = weights(trainer)
    batch = pad(EXAMPLES[:2], SIZE)
    with pytest.raises(UserError, match=r"the loss is nan at learning rate 0\.01; lower it"):
        trainer.step([batch], 1e-2, lambda model, batch: cross_entropy(model, batch) * float("nan"))
    assert_same(before, weights(trainer))
