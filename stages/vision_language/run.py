"""Vision-language pretraining (§2.5.1): tower and projector alone, then everything with a growing share, then cooldown.

- tower: the language model is frozen; tower and projector (ours) learn from vision-language documents only.
- ramp: everything trains; the vision-language share of the rows grows linearly from 0 to `vision_share` (30 %).
- cooldown: the share stays; text from the cooldown mixture, vision from `cooldown_kinds`. The paper keeps high-fidelity
  text and synthetic question answering; the default is all five domains, and question, OCR and caption documents.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from k15.model import checkpoint
from k15.model.vlm import VisionLanguageModel
from k15.seeds import derive
from k15.stage import Context, Stage
from k15.tokenizer import Tokenizer
from k15.training.batch import Batch
from k15.training.corpus import TokenBlocks, validation_loss
from k15.training.loop import Row, curve, last_losses, run_phase
from k15.training.trainer import Trainer
from k15.training.vision import Mixture, VisionDocuments
from stages.vision_language.params import VisionLanguageParams


def run(params: VisionLanguageParams, ctx: Context) -> dict[str, Any]:
    start, tokens, vision = ctx.artifact("pretrain"), ctx.artifact("curate/tokens"), ctx.artifact("curate/vision")
    parents = [start, tokens, vision]
    state = ctx.resumable(params, parents)
    model, tokenizer = checkpoint.load(start, params.tensor_parallel)
    held_out = TokenBlocks(tokens, "validation")
    before = validation_loss(model, held_out, params.ramp.batch_rows, params.validation_blocks)
    rows = _train(params, ctx, model, tokenizer, tokens, vision, state)
    after = validation_loss(model, held_out, params.ramp.batch_rows, params.validation_blocks)
    checkpoint.publish(ctx.artifact("vision_language"), model, tokenizer, len(rows), ctx.producer(params, parents))
    ctx.publish_plot("training", curve(rows))
    return {
        "text_validation_loss": {domain: {"before": before[domain], "after": after[domain]} for domain in after},
        "loss": last_losses(rows),
    }


def _train(
    params: VisionLanguageParams,
    ctx: Context,
    model: VisionLanguageModel,
    tokenizer: Tokenizer,
    tokens: Path,
    vision: Path,
    state: Path,
) -> list[Row]:
    shape = model.shape
    patches, size, length = shape.image_tokens, shape.image_size, shape.max_length
    documents = VisionDocuments(vision, tokenizer, patches, size, length, derive(params.seed, "vision"))
    if documents.too_long:
        ctx.progress.log(f"{documents.too_long} vision documents are longer than {length} tokens and left out")
    answers = VisionDocuments(
        vision, tokenizer, patches, size, length, derive(params.seed, "cooldown-vision"), params.cooldown_kinds
    )
    ramp = Mixture(TokenBlocks(tokens, "train"), documents, params.ramp.batch_rows, derive(params.seed, "ramp"))
    cooldown = Mixture(
        TokenBlocks(tokens, "train", "cooldown"),
        answers,
        params.cooldown.batch_rows,
        derive(params.seed, "cooldown"),
    )
    share = params.vision_share

    def tower_batches(step: int) -> list[Batch]:
        return [documents.batch(step, params.tower.batch_rows)]

    def ramp_batches(step: int) -> list[Batch]:
        return ramp.batches(step, share * (step + 1) / params.ramp.steps)

    def cooldown_batches(step: int) -> list[Batch]:
        return cooldown.batches(step, share)

    phases = (
        ("tower", params.tower, tower_batches, ("vision.", "projector.")),
        ("ramp", params.ramp, ramp_batches, ("",)),
        ("cooldown", params.cooldown, cooldown_batches, ("",)),
    )
    rows: list[Row] = []
    for label, phase, batch_at, trainable in phases:
        trainer = Trainer(model, phase.optimizer, trainable)
        rows += run_phase(
            trainer, label, phase.steps, batch_at, phase.optimizer, state, ctx.progress, params.save_every
        )
    return rows


STAGE = Stage("vision_language", VisionLanguageParams, run)
