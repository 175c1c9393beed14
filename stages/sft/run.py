"""Supervised fine-tuning (§2.2, §2.5.2): vanilla SFT, then the long-CoT warm-up.

- vanilla: short answers to text and image problems, and long-context questions; gives `artifacts/sft/short`, the
  short-CoT model that long2short's merge needs.
- warm-up: a small set of long reasoning paths (plan, evaluation, reflection, exploration), each verified by the
  reward that RL will use, among some replayed short answers; gives `artifacts/sft/long`, the policy that RL starts
  from.
Examples are packed without attention across them.
"""

from __future__ import annotations

from typing import Any

from k15 import rewards
from k15.errors import UserError
from k15.model import checkpoint
from k15.model.vlm import VisionLanguageModel
from k15.seeds import derive
from k15.stage import Context, Stage
from k15.tasks import Problem, needle
from k15.tokenizer import Tokenizer
from k15.training.batch import Example, dialogue
from k15.training.dialogues import Dialogues, example, problems
from k15.training.loop import Row, curve, last_losses, run_phase
from k15.training.trainer import Trainer
from stages.sft.params import Phase, SFTParams


def run(params: SFTParams, ctx: Context) -> dict[str, Any]:
    start = ctx.artifact("long_context")
    ctx.resumable(params, [start])
    model, tokenizer = checkpoint.load(start, params.tensor_parallel)
    vanilla = _vanilla_examples(params, model, tokenizer)
    rows = _phase(params, params.vanilla, "vanilla", ctx, model, vanilla)
    _publish(params, ctx, model, tokenizer, "sft/short", len(rows))
    verified, wrong, unjudged = _verified(problems(params.warmup.problems, derive(params.seed, "warmup")))
    patches = model.shape.image_tokens
    warmup = [example(p, p.long, tokenizer, patches) for p in verified]
    replayed = problems(params.warmup.replayed, derive(params.seed, "replayed"))
    short = [example(p, p.short, tokenizer, patches) for p in replayed]
    rows += _phase(params, params.warmup, "warmup", ctx, model, warmup + short)
    _publish(params, ctx, model, tokenizer, "sft/long", len(rows))
    ctx.publish_plot("training", curve(rows))
    return {
        "examples": {
            "vanilla": len(vanilla),
            "warmup": len(warmup),
            "warmup_dropped": wrong,
            "warmup_unjudged": unjudged,
            "warmup_replayed": len(short),
        },
        "response_tokens": {"vanilla": _mean_response(vanilla), "warmup": _mean_response(warmup)},
        "loss": last_losses(rows),
    }


def _vanilla_examples(params: SFTParams, model: VisionLanguageModel, tokenizer: Tokenizer) -> list[Example]:
    chosen = problems(params.vanilla.problems, derive(params.seed, "vanilla"))
    examples = [example(p, p.short, tokenizer, model.shape.image_tokens) for p in chosen]
    for i in range(params.vanilla.long_context):
        found = needle.generate(params.length - 8, i / params.vanilla.long_context, derive(params.seed, i), tokenizer)
        examples.append(dialogue(found.prompt_ids, tokenizer.encode_response(found.answer)))
    return examples


def _verified(candidates: list[Problem]) -> tuple[list[Problem], int, int]:
    """Those whose long path ends in the right answer; how many do not, and how many the verifier could not judge.

    Raises `UserError` if nothing is left.
    """
    records = [{"verifier": p.verifier, "answer": p.answer} for p in candidates]
    verdicts = rewards.score_batch(records, [p.long for p in candidates])
    kept = [p for p, verdict in zip(candidates, verdicts, strict=True) if verdict.verdict == "correct"]
    errors = [verdict.why for verdict in verdicts if verdict.verdict == "error"]
    if not kept:
        cause = f"{len(errors)} could not be judged ({errors[0]})" if errors else "all end in a wrong answer"
        raise UserError(f"none of {len(candidates)} long reasoning paths is verified: {cause}; check the verifier")
    return kept, len(candidates) - len(kept) - len(errors), len(errors)


def _phase(
    params: SFTParams, phase: Phase, label: str, ctx: Context, model: VisionLanguageModel, examples: list[Example]
) -> list[Row]:
    seed = derive(params.seed, label, "order")
    data = Dialogues(examples, phase.batch_rows, params.length, model.shape.image_size, seed)
    trainer = Trainer(model, phase.optimizer)
    return run_phase(
        trainer, label, phase.steps, data.batches, phase.optimizer, ctx.state, ctx.progress, params.save_every
    )


def _publish(
    params: SFTParams, ctx: Context, model: VisionLanguageModel, tokenizer: Tokenizer, artifact: str, steps: int
) -> None:
    producer = ctx.producer(params, [ctx.artifact("long_context")])
    checkpoint.publish(ctx.artifact(artifact), model, tokenizer, steps, producer)


def _mean_response(examples: list[Example]) -> float:
    counts = [e.predicted for e in examples]
    return round(sum(counts) / len(counts), 2)


STAGE = Stage("sft", SFTParams, run)
