"""The hand-over of weights: what goes wrong on the way is noticed, and the trainer's memory comes and goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from k15.errors import UserError
from k15.model import checkpoint
from k15.rl.hybrid import Hybrid, canaries
from k15.rl.trajectory import RLPrompt
from k15.rollout.engine import Engine
from k15.training.batch import dialogue, pad
from k15.training.trainer import Trainer
from tests.k15 import tiny
from tests.k15.rl.test_loop import PARAMS, SHAPE, TOKENIZER, model

RECORD = {"verifier": "math", "answer": "7"}
PROMPTS = [
    RLPrompt("text", TOKENIZER.encode_prompt("the hill of the mill?"), (), RECORD),
    RLPrompt("picture", TOKENIZER.encode_prompt("what is on the hill?", 1), (tiny.picture(1),), RECORD),
]
SQUARE = "model.language_model.layers.1.self_attn.q_proj.weight"
STALE = "model.multi_modal_projector.linear_1.bias"


def hybrid(engine: Engine, limit: float = 1e-3) -> Hybrid:
    """The trainer has moved on from what the engine was loaded with."""
    trainer = Trainer(model(), PARAMS.optimizer)
    step(trainer)
    return Hybrid(trainer, engine, canaries(PROMPTS), limit)


def step(trainer: Trainer) -> None:
    examples = [dialogue(list(range(20, 40)), list(range(40, 60)))]
    trainer.step([pad(examples, SHAPE.image_size)], 1e-2)


def test_canaries_are_a_text_and_a_picture() -> None:
    text, picture = canaries(PROMPTS)
    assert not text.prompt.images and len(picture.prompt.images) == 1
    assert text.response == tuple(PROMPTS[0].ids[-8:])


def test_both_sides_hold_the_same_and_compute_the_same(engine: Engine) -> None:
    found = hybrid(engine)
    seconds = found.to_rollout()
    assert seconds["canary"] < 1e-4
    assert seconds["to_rollout"] >= seconds["weights"] + seconds["checks"]
    tensors = checkpoint.hf_state(found.trainer.model)
    held = engine.weight_digests()
    assert len(held) > 10 and held.keys() <= tensors.keys()


def faulty(engine: Engine, spoil: Callable[[dict[str, Tensor]], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What reaches the engine is not what the trainer sent."""
    update = engine.update_weights

    def spoilt(tensors: Mapping[str, Tensor]) -> None:
        changed = dict(tensors)
        spoil(changed)
        update(changed)

    monkeypatch.setattr(engine, "update_weights", spoilt)


def test_a_stale_tensor_is_noticed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    old = checkpoint.hf_state(model())[STALE] + 1.0
    faulty(engine, lambda tensors: tensors.update({STALE: old}), monkeypatch)
    with pytest.raises(UserError, match=f"other weights than the trainer in {STALE}"):
        hybrid(engine).to_rollout()


def test_a_transposed_tensor_is_noticed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty(engine, lambda tensors: tensors.update({SQUARE: tensors[SQUARE].T.contiguous()}), monkeypatch)
    with pytest.raises(UserError, match=f"other weights than the trainer in {SQUARE}"):
        hybrid(engine).to_rollout()


def test_an_engine_that_computes_something_else_is_noticed(engine: Engine) -> None:
    """With the right weights: its rotary angles, which are no weights, are off."""
    rotary = next(m for name, m in engine._model.named_modules() if name.endswith("rotary_emb"))
    kept = rotary.cos_sin_cache.clone()
    try:
        rotary.cos_sin_cache.mul_(5)
        with pytest.raises(UserError, match="it computes something else than the trainer"):
            hybrid(engine).to_rollout()
    finally:
        rotary.cos_sin_cache.copy_(kept)
    hybrid(engine).to_rollout()


def test_the_trainer_gives_its_memory_away_and_learns_as_if_it_had_not(engine: Engine, tmp_path: Path) -> None:
    found, other = hybrid(engine), hybrid(engine)
    found.to_rollout()
    buffers = [buffer.grad_data for buffer in found.trainer.ddp.buffers]
    assert buffers and all(buffer.untyped_storage().nbytes() == 0 for buffer in buffers)
    found.to_training()
    for one in (found, other):
        one.trainer.reset_optimizer()
        step(one.trainer)
    pairs = zip(found.trainer.model.parameters(), other.trainer.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
