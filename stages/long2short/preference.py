"""Direct preference optimisation for shortness (§2.4).

Chosen is a prompt's shortest correct response; rejected are longer wrong ones, and correct ones at least 1.5 times as
long. The loss is −log σ(β·[log-ratio(chosen) − log-ratio(rejected)]), log-ratios against the model DPO starts from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from k15.model import parallel
from k15.model.vlm import VisionLanguageModel
from k15.rl.trajectory import Group
from k15.training.batch import Batch, Example, dialogue, expand_images, pad
from k15.training.trainer import logprobs
from stages.long2short.samples import shortest_correct


@dataclass
class Pair:
    """Two responses to one prompt; the references are the starting model's whole-response log-probabilities."""

    chosen: Example
    rejected: Example
    chosen_reference: float = 0.0
    rejected_reference: float = 0.0


@dataclass(frozen=True)
class PairBatch(Batch):
    """Rows chosen, rejected, chosen, rejected …; `margin` [B / 2]: log-ratio of the references."""

    margin: Tensor | None = None


def pairs(group: Group, longer: float, image_tokens: int) -> list[Pair]:
    """All pairs of one prompt; none if nothing was correct."""
    best = shortest_correct(group)
    if best is None:
        return []
    prompt = expand_images(group.prompt.ids, image_tokens)
    examples = [dialogue(prompt, r.ids, group.prompt.images) for r in group.responses]
    shortest = group.responses[best].length
    rejected = [
        i
        for i, r in enumerate(group.responses)
        if (r.length > shortest if not r.correct else r.length >= longer * shortest)
    ]
    return [Pair(examples[best], examples[i]) for i in rejected]


def batch(members: Sequence[Pair], image_size: int) -> PairBatch:
    plain = pad([e for p in members for e in (p.chosen, p.rejected)], image_size)
    margin = torch.tensor([p.chosen_reference - p.rejected_reference for p in members])
    return PairBatch(**vars(plain), margin=margin)


@torch.no_grad()
def set_references(model: VisionLanguageModel, all_pairs: Sequence[Pair], rows: int) -> None:
    """Fill in the references from `model` as it is now."""
    for start in range(0, len(all_pairs), rows):
        members = all_pairs[start : start + rows]
        values = logprobs(model, batch(members, model.shape.image_size).to(parallel.device())).sum(-1).tolist()
        for pair, chosen, rejected in zip(members, values[::2], values[1::2], strict=True):
            pair.chosen_reference, pair.rejected_reference = chosen, rejected


def dpo_loss(model: VisionLanguageModel, pair_batch: Batch, beta: float) -> Tensor:
    """Summed over the pairs."""
    assert isinstance(pair_batch, PairBatch) and pair_batch.margin is not None
    values = logprobs(model, pair_batch).sum(-1)
    return -F.logsigmoid(beta * (values[::2] - values[1::2] - pair_batch.margin)).sum()
