"""Stage `long2short` (§2.4): one variant a method.

- merge: the mean of the long-CoT and the short-CoT model's weights, in float32.
- rejection: SFT on the shortest correct of n = 8 responses of each prompt.
- dpo: the shortest correct response preferred to longer wrong and much longer correct ones.
- rl: RL again from the policy that `rl` hands on (the paper: from the one with the best accuracy a token), with the
  length reward from the start and a much smaller rollout limit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from k15.errors import UserError
from k15.model import checkpoint
from k15.model.vlm import VisionLanguageModel
from k15.params import Params
from k15.rl.rollouts import load_prompts
from k15.rl.stage import learn
from k15.rl.trajectory import Group
from k15.rollout.params import EngineParams
from k15.seeds import derive
from k15.stage import Context, Stage
from k15.tokenizer import Tokenizer
from k15.training.batch import dialogue, expand_images
from k15.training.corpus import Shuffle
from k15.training.dialogues import Dialogues
from k15.training.loop import run_phase
from k15.training.trainer import Trainer
from stages.long2short import preference
from stages.long2short.params import DPOParams, Long2ShortParams, RejectionParams, SampledParams
from stages.long2short.samples import sample_policy, shortest_correct

Metrics = dict[str, Any]


def run(params: Long2ShortParams, ctx: Context) -> Metrics:
    methods: dict[str, Callable[[Long2ShortParams, Context], Metrics]] = {
        "merge": _merge,
        "rejection": _rejection,
        "dpo": _dpo,
        "rl": _rl,
    }
    assert ctx.variant is not None
    return methods[ctx.variant](params, ctx)


def _merge(params: Long2ShortParams, ctx: Context) -> Metrics:
    long, short = ctx.artifact("rl/model"), ctx.artifact("sft/short")
    ctx.resumable(params.merge, [long, short])
    model, tokenizer = checkpoint.load(long)
    other, _ = checkpoint.load(short)
    share = params.merge.long_share
    distances = []
    with torch.no_grad():
        for (name, own), theirs in zip(model.named_parameters(), other.parameters(), strict=True):
            distance = (own - theirs).norm() / theirs.norm().clamp(min=1e-12)
            distances.append({"tensor": name, "distance": round(distance.item(), 5)})
            own.copy_((share * own.float() + (1 - share) * theirs.float()).to(own.dtype))
    _publish(params.merge, ctx, [long, short], model, tokenizer, 0)
    ctx.publish_plot("distances", distances)
    return {"long_share": share, "mean_distance": round(sum(d["distance"] for d in distances) / len(distances), 5)}


def _sampled(own: SampledParams, ctx: Context) -> tuple[list[Path], VisionLanguageModel, Tokenizer, list[Group]]:
    parents = [ctx.artifact("rl/model"), ctx.artifact("prompts")]
    state = ctx.resumable(own, parents)
    tokenizer = Tokenizer.load(parents[0] / "tokenizer")
    settings = ctx.params(EngineParams, "engine")
    groups = sample_policy(own, settings, parents[0], parents[1], tokenizer, state, ctx.progress)
    model, _ = checkpoint.load(parents[0], own.tensor_parallel)
    return parents, model, tokenizer, groups


def _rejection(params: Long2ShortParams, ctx: Context) -> Metrics:
    own: RejectionParams = params.rejection
    parents, model, tokenizer, groups = _sampled(own, ctx)
    shape = model.shape
    examples = []
    for group in groups:
        best = shortest_correct(group)
        if best is not None:
            prompt = expand_images(group.prompt.ids, shape.image_tokens)
            examples.append(dialogue(prompt, group.responses[best].ids, group.prompt.images))
    if not examples:
        raise UserError("the policy solved no prompt, so there is no shortest correct response; train `rl` longer")
    data = Dialogues(examples, own.batch_rows, own.length, shape.image_size, derive(own.seed, "order"))
    trainer = Trainer(model, own.optimizer)
    rows = run_phase(
        trainer, "rejection", own.steps, data.batches, own.optimizer, ctx.state, ctx.progress, own.save_every
    )
    _publish(own, ctx, parents, model, tokenizer, own.steps)
    ctx.publish_plot("training", rows)
    chosen = sum(e.predicted for e in examples) / len(examples)
    return {"examples": len(examples), "chosen_tokens": round(chosen, 2), "sampled_tokens": _mean_tokens(groups)}


def _dpo(params: Long2ShortParams, ctx: Context) -> Metrics:
    own: DPOParams = params.dpo
    parents, model, tokenizer, groups = _sampled(own, ctx)
    pairs = [p for g in groups for p in preference.pairs(g, own.longer, model.shape.image_tokens)]
    if not pairs:
        raise UserError("the policy's samples give no preference pair; raise long2short.dpo.samples or .prompts")
    preference.set_references(model, pairs, own.pairs_per_step)
    order = Shuffle(len(pairs), derive(own.seed, "order"))
    size = model.shape.image_size

    def batch_at(step: int) -> list[preference.PairBatch]:
        chosen = order.take(step * own.pairs_per_step, own.pairs_per_step)
        return [preference.batch([pairs[i] for i in chosen], size)]

    rows = run_phase(
        Trainer(model, own.optimizer),
        "dpo",
        own.steps,
        batch_at,
        own.optimizer,
        ctx.state,
        ctx.progress,
        own.save_every,
        loss=partial(preference.dpo_loss, beta=own.beta),
        count_of=lambda b: b.tokens.shape[0] / 2,
    )
    _publish(own, ctx, parents, model, tokenizer, own.steps)
    ctx.publish_plot("training", rows)
    return {"pairs": len(pairs), "prompts": len(groups), "sampled_tokens": _mean_tokens(groups)}


def _rl(params: Long2ShortParams, ctx: Context) -> Metrics:
    prompt_set = ctx.artifact("prompts")
    learnt = learn(
        params.rl, ctx, ctx.artifact("rl/model"), [prompt_set], lambda tokenizer, _: load_prompts(prompt_set, tokenizer)
    )
    learnt.publish(ctx, ctx.artifact(f"long2short/{ctx.variant}"))
    return learnt.figures()


def _publish(
    own: Params,
    ctx: Context,
    parents: list[Path],
    model: VisionLanguageModel,
    tokenizer: Tokenizer,
    iteration: int,
) -> None:
    place = ctx.artifact(f"long2short/{ctx.variant}")
    checkpoint.publish(place, model, tokenizer, iteration, ctx.producer(own, parents))


def _mean_tokens(groups: list[Group]) -> float:
    lengths = [r.length for g in groups for r in g.responses]
    return round(sum(lengths) / len(lengths), 2)


STAGE = Stage(
    "long2short",
    Long2ShortParams,
    run,
    variants=("merge", "rejection", "dpo", "rl"),
    sections=("engine",),
    ranks=lambda params, variant: params.rl.ranks if variant == "rl" else 1,
)
