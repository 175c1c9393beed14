"""The training phase of an iteration: reference log-probabilities, then minibatch steps on eq. 3.

log π_i is recomputed by the trainer. The engine's log-probabilities of the sampled tokens serve only to measure how far
engine and trainer disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from k15.model import parallel
from k15.model.vlm import VisionLanguageModel
from k15.rl.objective import Baseline, PolicyBatch, advantages, policy_loss, response_count
from k15.rl.trajectory import Group, Response, RLPrompt
from k15.training.batch import IGNORED, Example, dialogue, expand_images, pad
from k15.training.trainer import Trainer, logprobs


@dataclass
class Scored:
    """One response ready for training: its sequence, advantage, and log π_i of the whole response."""

    example: Example
    advantage: float
    engine_logprobs: list[float]
    reference: float = 0.0


def prepare(groups: Sequence[Group], baseline: Baseline, tau: float, image_tokens: int) -> list[list[Scored]]:
    """Advantages within each group. Groups without any difference in reward teach nothing and are left out."""
    prepared = []
    for group in groups:
        values = advantages([r.reward for r in group.responses], baseline, tau)
        if any(abs(v) > 1e-9 for v in values):
            rows = zip(group.responses, values, strict=True)
            prepared.append([_scored(group.prompt, r, v, image_tokens) for r, v in rows])
    return prepared


def _scored(prompt: RLPrompt, response: Response, advantage: float, image_tokens: int) -> Scored:
    ids = expand_images(prompt.ids, image_tokens)
    return Scored(dialogue(ids, response.ids, prompt.images), advantage, response.logprobs)


def microbatches(rows: Sequence[Scored], token_budget: int, image_size: int) -> list[tuple[list[Scored], PolicyBatch]]:
    """Rows of similar length together, at most `token_budget` padded tokens each (one row at least)."""
    ordered = sorted(rows, key=lambda r: len(r.example.ids))
    parts: list[list[Scored]] = [[]]
    for row in ordered:
        if parts[-1] and (len(parts[-1]) + 1) * len(row.example.ids) > token_budget:
            parts.append([])
        parts[-1].append(row)
    batches = []
    for part in parts:
        plain = pad([r.example for r in part], image_size)
        advantage = torch.tensor([r.advantage for r in part])
        reference = torch.tensor([r.reference for r in part])
        batches.append((part, PolicyBatch(**vars(plain), advantage=advantage, reference=reference)))
    return batches


@torch.no_grad()
def set_reference(model: VisionLanguageModel, rows: Sequence[Scored], token_budget: int) -> float:
    """Fill `reference` with log π_i. Returns the mismatch: mean |log π_trainer − log π_engine| a token."""
    difference = count = 0.0
    for part, batch in microbatches(rows, token_budget, model.shape.image_size):
        per_token = logprobs(model, batch.to(parallel.device())).cpu()
        for row, values, targets in zip(part, per_token, batch.targets, strict=True):
            own = values[targets != IGNORED]
            row.reference = own.sum().item()
            difference += (own - torch.tensor(row.engine_logprobs)).abs().sum().item()
            count += len(own)
    return difference / max(1.0, count)


def minibatch_steps(
    trainer: Trainer, groups: Sequence[list[Scored]], steps: int, tau: float, lr: float, token_budget: int, seed: int
) -> list[dict[str, float]]:
    """`steps` updates, each on its share of the groups in a seeded order; whole groups stay together."""
    order = np.random.default_rng(seed).permutation(len(groups))
    figures = []
    for members in np.array_split(order, min(steps, len(groups))):
        rows = [row for i in members for row in groups[i]]
        batches = [b for _, b in microbatches(rows, token_budget, trainer.model.shape.image_size)]
        figures.append(trainer.step(batches, lr, partial(policy_loss, tau=tau), response_count))
    return figures


def train(trainer, groups, objective, mismatch, *, version, steps, lr, token_budget, seed):
    prepared = prepare(groups, objective.baseline, objective.tau, trainer.model.shape.image_tokens)
    if not prepared:
        return {"mismatch": 0.0, "loss": 0.0, "grad_norm": 0.0, "groups": 0}
    flat = [row for group in prepared for row in group]
    found = set_reference(trainer.model, flat, token_budget)
    figures = minibatch_steps(trainer, prepared, steps, objective.tau, lr, token_budget, seed)
    return {
        "mismatch": round(found, 7),
        "loss": round(figures[-1]["loss"], 5),
        "grad_norm": round(figures[-1]["grad_norm"], 4),
        "groups": len(prepared),
    }
