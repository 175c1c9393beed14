"""Pretraining (§2.5.1): a decoder on the text mixture, from the curated token blocks.

Next-token prediction within documents; then a short recall phase (ours): retrieval needs heads that find what was
stated before, and a small corpus alone forms them late or never. The tower is built, not trained.
Metrics: validation loss by domain before and after.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from k15.model import checkpoint, vlm
from k15.model.config import ModelConfig, ModelParams
from k15.seeds import derive
from k15.stage import Context, Stage
from k15.tokenizer import Tokenizer
from k15.training.batch import Batch
from k15.training.corpus import Shuffle, TokenBlocks, validation_loss
from k15.training.loop import Row, curve, run_phase
from k15.training.recall import recall_batch
from k15.training.trainer import Trainer
from stages.pretrain.params import PretrainParams


def run(params: PretrainParams, ctx: Context) -> dict[str, Any]:
    tokens, tokenizer_dir = ctx.artifact("curate/tokens"), ctx.artifact("curate/tokenizer")
    shape = ctx.params(ModelParams, "model")
    state = ctx.resumable(params, [tokens, tokenizer_dir])
    train, held_out = TokenBlocks(tokens, "train"), TokenBlocks(tokens, "validation")
    tokenizer = Tokenizer.load(tokenizer_dir)
    length = train.tokens.shape[1]
    config = ModelConfig(**shape.model_dump(), vocab_size=tokenizer.vocab_size, max_length=length)
    model = vlm.build(config, derive(params.seed, "init"), params.tensor_parallel)
    if params.init_from:
        checkpoint.load_hf(model, ctx.root / params.init_from)
    before = validation_loss(model, held_out, params.batch_rows, params.validation_blocks)
    rows = _train(params, ctx, model, tokenizer, train, state)
    after = validation_loss(model, held_out, params.batch_rows, params.validation_blocks)
    producer = ctx.producer(params, [tokens, tokenizer_dir])
    checkpoint.publish(ctx.artifact("pretrain"), model, tokenizer, len(rows), producer)
    ctx.publish_plot("training", curve(rows))
    return {
        "validation_loss": {domain: {"before": before[domain], "after": after[domain]} for domain in after},
        "tokens": max(row["tokens"] for row in rows if row["phase"] == "text"),
        "parameters": sum(p.numel() for p in model.parameters()),
        "epochs": round(params.steps * params.batch_rows / len(train), 3),
    }


def _train(
    params: PretrainParams,
    ctx: Context,
    model: vlm.VisionLanguageModel,
    tokenizer: Tokenizer,
    train: TokenBlocks,
    state: Path,
) -> list[Row]:
    size, recall = params.batch_rows, params.recall
    order = Shuffle(len(train), derive(params.seed, "order"))
    recall_order = Shuffle(len(train), derive(params.seed, "recall"))

    def text(step: int) -> list[Batch]:
        return [train.batch(order.take(step * size, size))]

    def mixed(step: int) -> list[Batch]:
        return [
            train.batch(recall_order.take(step * recall.text_rows, recall.text_rows)),
            recall_batch(recall.rows, recall.length, params.seed, step, tokenizer),
        ]

    rows: list[Row] = []
    for label, steps, optimizer, batch_at in (
        ("text", params.steps, params.optimizer, text),
        ("recall", recall.steps, recall.optimizer, mixed),
    ):
        trainer = Trainer(model, optimizer, trainable=["language."])
        rows += run_phase(trainer, label, steps, batch_at, optimizer, state, ctx.progress, params.save_every)
    return rows


STAGE = Stage("pretrain", PretrainParams, run, sections=("model",))
