"""The training phase of an iteration: reference log-probabilities, then minibatch steps on eq. 3 (§2.3.2).

log π_i is recomputed by the trainer. The engine's log-probabilities of the sampled tokens measure how far engine and
trainer disagree; only `truncation` lets them into the loss.

Guarantees: a minibatch's update is the same, up to rounding, whatever the token budget and the number of data-parallel
ranks: every rank is given all groups and takes its share of the rows; a rank may have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
import torch.distributed as dist
from megatron.core import parallel_state

from k15.model import parallel
from k15.model.vlm import VisionLanguageModel
from k15.progress import Task
from k15.rl import mismatch
from k15.rl.credit import Credit, credits
from k15.rl.mismatch import Comparison, Mismatch, MismatchParams
from k15.rl.objective import ObjectiveParams, PolicyBatch, policy_loss, response_count, token_weights
from k15.rl.trajectory import Group, Response, RLPrompt
from k15.training.batch import IGNORED, Example, by_length, dialogue, expand_images, pad
from k15.training.trainer import Trainer, logprobs

Figures = dict[str, float]


@dataclass(frozen=True)
class Scored:
    """One response ready for training; lists are of its own tokens."""

    example: Example
    advantage: list[float]
    share: float
    engine: list[float]
    earlier: list[bool]
    weights: list[float]

    @property
    def teaches(self) -> bool:
        """A token in the loss has an advantage."""
        return any(w and abs(a) > 1e-9 for w, a in zip(self.weights, self.advantage, strict=True))


def prepare(groups: Sequence[Group], objective: ObjectiveParams, version: int, image_tokens: int) -> list[list[Scored]]:
    """Advantages within each group, over all of its judged responses; then the rows that are trained on.

    A row without a token in the loss is left out, under `rest` also one that is not among the best; and so is a group
    without any advantage, unless `uniform_groups` keeps it and there is a regulariser to hold it.
    """
    prepared = []
    keeps = objective.uniform_groups == "kept" and objective.regulariser > 0
    for group in groups:
        rows = [
            _scored(group.prompt, response, credit, objective, version, image_tokens)
            for response, credit in zip(group.responses, credits(group, objective), strict=True)
        ]
        rows = [row for row in rows if any(row.weights) and (objective.kind != "rest" or row.teaches)]
        if any(row.teaches for row in rows) or (rows and keeps):
            prepared.append(rows)
    return prepared


def _scored(
    prompt: RLPrompt, response: Response, credit: Credit, objective: ObjectiveParams, version: int, image_tokens: int
) -> Scored:
    versions = response.versions
    if any(v > version for v in versions):
        raise ValueError(f"response {response.key} has tokens of a policy after {version}")
    earlier = [v < version for v in versions]
    example = dialogue(expand_images(prompt.ids, image_tokens), response.ids, prompt.images)
    weights = token_weights(versions, version, objective)
    return Scored(example, credit.advantages, credit.share, response.logprobs, earlier, weights)


def minibatches(
    groups: Sequence[list[Scored]], steps: int, seed: int, token_budget: int, image_size: int
) -> list[list[PolicyBatch]]:
    """The microbatches of each of at most `steps` minibatches that fall to this data-parallel rank.

    Groups are dealt in a seeded order and stay whole. Of a minibatch's rows, in order of length, rank r of n takes
    every n-th from the r-th on: all ranks get rows of about the same lengths.
    """
    if not groups:
        return []
    order = np.random.default_rng(seed).permutation(len(groups))
    rank, ranks = parallel_state.get_data_parallel_rank(), parallel_state.get_data_parallel_world_size()
    result = []
    for members in np.array_split(order, min(steps, len(groups))):
        rows = sorted((row for i in members for row in groups[i]), key=lambda row: len(row.example.ids))[rank::ranks]
        parts = by_length([len(row.example.ids) for row in rows], token_budget)
        result.append([batch_rows([rows[i] for i in part], image_size) for part in parts])
    return result


def batch_rows(rows: Sequence[Scored], image_size: int) -> PolicyBatch:
    """One row each, padded; u under π_i is still to come."""
    plain = pad([row.example for row in rows], image_size)
    weights, advantage, engine = torch.zeros(3, *plain.tokens.shape)
    earlier = torch.zeros(plain.tokens.shape, dtype=torch.bool)
    response = plain.targets != IGNORED
    weights[response] = torch.tensor([w for row in rows for w in row.weights])
    advantage[response] = torch.tensor([a for row in rows for a in row.advantage])
    engine[response] = torch.tensor([p for row in rows for p in row.engine])
    earlier[response] = torch.tensor([e for row in rows for e in row.earlier])
    return PolicyBatch(
        **vars(replace(plain, weights=weights)),
        advantage=advantage,
        share=torch.tensor([row.share for row in rows]),
        reference=torch.zeros(len(rows)),
        engine=engine,
        earlier=earlier,
    )


@torch.no_grad()
def set_reference(
    model: VisionLanguageModel, batches: Sequence[Sequence[PolicyBatch]], truncation: float | None
) -> tuple[list[list[PolicyBatch]], Mismatch]:
    """The same microbatches with u under π_i, and with truncated importance weights where asked for; and how far
    engine and trainer disagree, over all ranks. Collective."""
    comparison = Comparison()

    def fill(batch: PolicyBatch) -> PolicyBatch:
        policy = logprobs(model, batch.to(parallel.device())).cpu()
        response = batch.targets != IGNORED
        comparison.add(policy[response], batch.engine[response], batch.earlier[response])
        return _referenced(batch, policy, truncation)

    filled = [[fill(batch) for batch in minibatch] for minibatch in batches]
    return filled, comparison.result(parallel.device())


def _referenced(batch: PolicyBatch, policy: torch.Tensor, truncation: float | None) -> PolicyBatch:
    """`policy` [B, T]: log π_i of every response token."""
    weights = batch.weights
    assert weights is not None
    if truncation is not None:
        importance = (policy - batch.engine).exp().clamp(max=truncation)
        weights = torch.where(batch.earlier, weights * importance, weights)
    return replace(
        batch,
        weights=weights,
        reference=(policy * weights).sum(-1),
        targets=batch.targets.masked_fill(weights == 0, IGNORED),  # no logits for what is not in the loss
    )


def minibatch_steps(
    trainer: Trainer,
    batches: Sequence[Sequence[PolicyBatch]],
    objective: ObjectiveParams,
    lr: float,
    bar: Task | None = None,
) -> list[Figures]:
    """One update a minibatch. Collective."""
    loss = partial(policy_loss, tau=objective.regulariser)
    figures = []
    for minibatch in batches:
        figures.append(trainer.step(minibatch, lr, loss, response_count))
        if bar is not None:
            bar.advance(loss=figures[-1]["loss"], grad_norm=figures[-1]["grad_norm"])
    return figures


def policy_update(
    trainer: Trainer,
    groups: Sequence[Group],
    objective: ObjectiveParams,
    limits: MismatchParams,
    *,
    iteration: int,
    steps: int,
    lr: float,
    token_budget: int,
    seed: int,
    bar: Task | None = None,
) -> Figures:
    """The whole phase: the policy of `iteration` learns from `groups`. Collective; every rank is given all groups.
    `bar` counts its steps.

    The optimizer starts empty. Figures: the mismatch; `loss` of the last step, mean `grad_norm`, trained groups,
    responses and tokens (what branches share in each of them, if it is kept), and packing `efficiency`: tokens per
    place in the padded microbatches.
    """
    shape = trainer.model.shape
    prepared = prepare(groups, objective, iteration, shape.image_tokens)
    batches, found = set_reference(
        trainer.model, minibatches(prepared, steps, seed, token_budget, shape.image_size), objective.truncation
    )
    mismatch.check(found, limits, iteration)
    trainer.reset_optimizer()
    figures = minibatch_steps(trainer, batches, objective, lr, bar)
    trained = sum(int((batch.targets != IGNORED).sum()) for minibatch in batches for batch in minibatch)
    places = sum(batch.tokens.numel() for minibatch in batches for batch in minibatch)
    trained, places = _over_ranks(trained, places)
    tokens = sum(len(row.example.ids) for rows in prepared for row in rows)
    return {
        **found.figures,
        "loss": round(figures[-1]["loss"], 5) if figures else 0.0,
        "grad_norm": round(sum(f["grad_norm"] for f in figures) / max(1, len(figures)), 4),
        "groups": len(prepared),
        "trained_responses": sum(len(rows) for rows in prepared),
        "trained_tokens": trained,
        "efficiency": round(tokens / max(1, places), 4),
    }


def _over_ranks(*values: int) -> list[int]:
    total = torch.tensor(values, device=parallel.device())
    dist.all_reduce(total, group=parallel_state.get_data_parallel_group())
    return total.tolist()
