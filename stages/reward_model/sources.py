"""Reasoning for judged answers that come without: the model's own, where it ends in the label (rejection sampling)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from k15.errors import UserError
from k15.judging.answers import Judged
from k15.judging.learning import reasoning_example
from k15.judging.scoring import score_with_reasoning
from k15.model import checkpoint
from k15.model.vlm import VisionLanguageModel
from k15.rewards.judge import parse_verdict, reasoning_of
from k15.rollout.engine import Engine
from k15.rollout.params import EngineParams
from k15.rollout.types import Sampling
from k15.seeds import derive
from k15.stage import Context
from k15.tokenizer import Tokenizer
from k15.training.batch import Example
from k15.training.trainer import save_atomically
from stages.reward_model.params import RewardModelParams


def own_reasoning(
    params: RewardModelParams,
    settings: EngineParams,
    ctx: Context,
    model: VisionLanguageModel,
    tokenizer: Tokenizer,
    answers: Sequence[Judged],
) -> list[Example]:
    """An example for every answer that `model` judged rightly at least once; the judgements are kept across a kill."""
    file = ctx.state / "judgements.pt"
    if not file.exists():
        save_atomically(_judgements(params, settings, ctx, model, tokenizer, answers), file)
    examples = []
    for answer, texts in zip(answers, torch.load(file), strict=True):
        label = "correct" if answer.correct else "wrong"
        right = [text for text in texts if parse_verdict(text).verdict == label]
        if right:
            examples.append(reasoning_example(answer, reasoning_of(min(right, key=len)), tokenizer))
    if not examples:
        raise UserError(f"the model judged none of {len(answers)} answers of `sources` rightly; raise steps or samples")
    ctx.progress.log(f"sources: {len(examples)} of {len(answers)} answers judged rightly, and learnt")
    return examples


def _judgements(
    params: RewardModelParams,
    settings: EngineParams,
    ctx: Context,
    model: VisionLanguageModel,
    tokenizer: Tokenizer,
    answers: Sequence[Judged],
) -> list[list[str]]:
    sources = params.sources
    exported = ctx.state / "hf"
    tokenizer.save_pretrained(ctx.state / "tokenizer")
    checkpoint.export_hf(exported, checkpoint.hf_state(model), model.shape, ctx.state / "tokenizer")
    sampling = Sampling(
        sources.samples, sources.temperature, params.max_tokens, seed=derive(params.seed, "own reasoning")
    )
    records = [{"question": a.question, "answer": a.reference} for a in answers]
    with (
        Engine(exported, max_model_len=params.length, params=settings, seed=params.seed) as engine,
        ctx.progress.task("judgements of sources", len(answers)) as bar,
    ):
        _, texts = score_with_reasoning(engine, tokenizer, records, [a.response for a in answers], sampling, bar)
    return texts
