"""Who has the devices (§2.6.3): the trainer and the engines take turns, and the weights are checked at every turn.

`to_rollout` puts the trainer's gradients and moments away, hands its weights over in Hugging Face layout (in place, or
through shared memory; no disk), and compares: SHA-256 of every tensor on both sides, and the log-probabilities of
canary sequences, which also tell an engine that computes something else with the right weights. `to_training` gives
the devices back. Any difference ends the stage: rollouts of another policy than the trainer's must not be trained on.
Collective: all trainer ranks call both; only the leader's `engine` is used.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from k15.errors import UserError
from k15.model import checkpoint, parallel
from k15.rl.ranks import from_leader
from k15.rl.trajectory import RLPrompt
from k15.rollout.face import RolloutEngine
from k15.rollout.types import Prompt
from k15.rollout.weights import tensor_digests
from k15.tokenizer import IMAGE
from k15.training.batch import IGNORED, dialogue, expand_images, pad
from k15.training.trainer import Trainer, logprobs


@dataclass(frozen=True)
class Canary:
    """A sequence whose log-probabilities are compared after each hand-over: `response` is not sampled, only scored."""

    prompt: Prompt
    response: tuple[int, ...]


def canaries(prompts: Sequence[RLPrompt]) -> list[Canary]:
    """The first prompt of text and the first with a picture; what follows is their own last tokens once more."""
    text = next((p for p in prompts if not p.images), None)
    picture = next((p for p in prompts if p.images), None)
    return [Canary(Prompt(p.ids, p.images), _tail(p)) for p in (text, picture) if p is not None]


def _tail(prompt: RLPrompt) -> tuple[int, ...]:
    return tuple(token for token in prompt.ids[-8:] if token != IMAGE)


class Hybrid:
    """`limit`: the largest |log p difference| of a canary's token at which the hand-over counts as good."""

    def __init__(self, trainer: Trainer, engine: RolloutEngine, watched: Sequence[Canary], limit: float) -> None:
        self.trainer, self.engine, self.watched, self.limit = trainer, engine, watched, limit

    def to_rollout(self) -> dict[str, float]:
        """The engines hold the trainer's weights afterwards; seconds of the parts, and the canaries' difference."""
        start = time.monotonic()
        expected = [self._trainer_logprobs(canary) for canary in self.watched]
        self.trainer.put_away()
        tensors = checkpoint.hf_state(self.trainer.model)
        moved = time.monotonic()
        from_leader(lambda: self.engine.update_weights(tensors))
        handed = time.monotonic()
        from_leader(lambda: _compare(tensors, self.engine.weight_digests()))
        difference = from_leader(lambda: self._compare_canaries(expected))
        end = time.monotonic()
        return {
            "gather": moved - start,
            "weights": handed - moved,
            "checks": end - handed,
            "to_rollout": end - start,
            "canary": difference,
        }

    def to_training(self) -> dict[str, float]:
        start = time.monotonic()
        from_leader(self.engine.release)
        self.trainer.take_out()
        return {"to_training": time.monotonic() - start}

    def _trainer_logprobs(self, canary: Canary) -> Tensor:
        shape = self.trainer.model.shape
        ids = expand_images(canary.prompt.ids, shape.image_tokens)
        batch = pad([dialogue(ids, canary.response, canary.prompt.images)], shape.image_size)
        with torch.no_grad():
            values = logprobs(self.trainer.model, batch.to(parallel.device())).cpu()
        return values[batch.targets != IGNORED]

    def _compare_canaries(self, expected: Sequence[Tensor]) -> float:
        worst = 0.0
        for canary, values in zip(self.watched, expected, strict=True):
            for answer in self.engine.logprobs(canary.prompt, canary.response):
                difference = (values - torch.tensor(answer)).abs().max().item()
                if not difference <= self.limit:  # NaN is refused too
                    raise UserError(
                        f"with the same weights an engine gives a canary log-probabilities that differ by "
                        f"{difference:.2g} (limit {self.limit:g}): it computes something else than the trainer"
                    )
                worst = max(worst, difference)
        return worst


def _compare(tensors: Mapping[str, Tensor], held: Mapping[str, str]) -> None:
    expected = tensor_digests({name: tensor for name, tensor in tensors.items() if name in held})
    for name, digest in expected.items():
        if held[name] != digest:
            raise UserError(
                f"after the hand-over the engine holds other weights than the trainer in {name}; rerun the stage"
            )
