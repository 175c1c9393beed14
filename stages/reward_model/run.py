"""Stage `reward_model` (§2.3.5): the same judged answers for a value-head and for a chain-of-thought reward model.

Both start from the SFT model and take as many steps on batches of as many tokens; a judgement of the first is one read
of the prompt, so it sees more answers for them. Writes `artifacts/reward_model/` `answers`, `classic`, `cot` and
`judgements` (both models' on the held-out answers).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from k15.artifacts import publish, write_dataset
from k15.judging import answers as judged
from k15.judging.answers import Judged
from k15.judging.learning import reasoning_example, value_example, value_loss
from k15.model import checkpoint, value
from k15.model.vlm import VisionLanguageModel
from k15.rollout.params import EngineParams
from k15.seeds import derive
from k15.stage import Context, Stage
from k15.tasks.problem import Split
from k15.tokenizer import Tokenizer
from k15.training.batch import Example
from k15.training.dialogues import Dialogues
from k15.training.loop import Row, curve, last_losses, run_phase
from k15.training.trainer import OptimizerParams, Trainer
from stages.reward_model.measure import judge
from stages.reward_model.params import RewardModelParams
from stages.reward_model.sources import own_reasoning
from stages.reward_model.table import summary

START = "sft/long"
ANSWERS, CLASSIC, COT, JUDGEMENTS = (f"reward_model/{name}" for name in ("answers", "classic", "cot", "judgements"))


def run(params: RewardModelParams, ctx: Context) -> dict[str, Any]:
    start = ctx.artifact(START)
    settings = ctx.params(EngineParams, "engine")
    train, heldout = _answers(params, ctx, start)
    parents = [start, ctx.artifact(ANSWERS)]
    ctx.resumable(params, parents)
    producer = ctx.producer(params, parents)

    model, tokenizer = checkpoint.load(start, params.tensor_parallel)
    classic = value.with_head(model)
    rows = _train_classic(params, ctx, classic, tokenizer, train)
    publish(ctx.artifact(CLASSIC), "checkpoint", "value_model", producer, lambda d: value.save(d, classic, tokenizer))

    rows += _train_cot(params, settings, ctx, model, tokenizer, train)
    steps = params.steps + (params.sources.steps if params.sources.files else 0)
    checkpoint.publish(ctx.artifact(COT), model, tokenizer, steps, producer)

    judgements = judge(
        params, settings, ctx.artifact(CLASSIC) / "hf", ctx.artifact(COT) / "hf", tokenizer, heldout, ctx.progress
    )
    write_dataset(ctx.artifact(JUDGEMENTS), "judgement", judgements, producer=producer)
    ctx.publish_plot("training", curve(rows))
    return {"train": len(train), "heldout": len(heldout), "loss": last_losses(rows), **summary(judgements)}


def _answers(params: RewardModelParams, ctx: Context, start: Path) -> tuple[list[Judged], list[Judged]]:
    """Training and held-out answers, generated and from the user's files; kept as an artifact."""
    given = [a for f in params.sources.files for a in judged.read(f.name, ctx.root / f.path)]

    def of(split: Split, pairs: int) -> list[Judged]:
        return judged.generate(split, pairs, params.seed) + judged.split(given, split)

    parts: dict[Split, list[Judged]] = {
        "train": of("train", params.pairs),
        "heldout": of("heldout", params.heldout_pairs),
    }
    rows = [{**asdict(answer), "split": split} for split, members in parts.items() for answer in members]
    write_dataset(ctx.artifact(ANSWERS), "judged_answer", rows, producer=ctx.producer(params, [start]))
    return parts["train"], parts["heldout"]


def _train_classic(
    params: RewardModelParams, ctx: Context, model: value.ValueModel, tokenizer: Tokenizer, train: Sequence[Judged]
) -> list[Row]:
    def phase(label: str, steps: int, members: Sequence[Judged]) -> list[Row]:
        examples = [value_example(a, tokenizer) for a in members]
        trained = ("language.", "score.")
        return _phase(params, ctx, label, steps, model, params.classic, trained, examples, loss=value_loss)

    rows = phase("classic", params.steps, [a for a in train if a.reasoning])
    if params.sources.files:
        rows += phase("classic.sources", params.sources.steps, train)
    return rows


def _train_cot(
    params: RewardModelParams,
    settings: EngineParams,
    ctx: Context,
    model: VisionLanguageModel,
    tokenizer: Tokenizer,
    train: Sequence[Judged],
) -> list[Row]:
    def phase(label: str, steps: int, examples: Sequence[Example]) -> list[Row]:
        return _phase(params, ctx, label, steps, model, params.cot, ("language.",), examples)

    written = [reasoning_example(a, a.reasoning, tokenizer) for a in train if a.reasoning]
    rows = phase("cot", params.steps, written)
    if params.sources.files:
        own = own_reasoning(params, settings, ctx, model, tokenizer, [a for a in train if not a.reasoning])
        rows += phase("cot.sources", params.sources.steps, written + own)
    return rows


def _phase(
    params: RewardModelParams,
    ctx: Context,
    label: str,
    steps: int,
    model: VisionLanguageModel,
    optimizer: OptimizerParams,
    trainable: Sequence[str],
    examples: Sequence[Example],
    **options: Callable[..., Any],
) -> list[Row]:
    seed = derive(params.seed, label, "order")
    data = Dialogues(examples, params.batch_rows, params.length, model.shape.image_size, seed)
    trainer = Trainer(model, optimizer, trainable)
    return run_phase(
        trainer, label, steps, data.batches, optimizer, ctx.state, ctx.progress, params.save_every, **options
    )


STAGE = Stage("reward_model", RewardModelParams, run, sections=("engine",))
