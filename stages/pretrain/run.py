"""Pretraining (§2.5.1): a decoder on the text mixture, from the curated token blocks.

First a short copying warm-up (ours), then next-token prediction within documents. The tower is built but not trained.
Metrics: validation loss by domain before and after.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from k15.artifacts import publish
from k15.model import checkpoint, vlm
from k15.model.config import ModelConfig, ModelParams
from k15.seeds import derive
from k15.stage import Context, Stage
from k15.tokenizer import Tokenizer
from k15.training.copying import repeats
from k15.training.corpus import Shuffle, TokenBlocks, validation_loss
from k15.training.loop import Row, run_phase
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
        checkpoint.load_hf(model, Path(params.init_from))
    before = validation_loss(model, held_out, params.batch_rows, params.validation_blocks)
    rows = _train(params, ctx, model, train, state)
    after = validation_loss(model, held_out, params.batch_rows, params.validation_blocks)
    producer = ctx.producer(params, [tokens, tokenizer_dir])
    publish(
        ctx.artifact("pretrain"),
        "checkpoint",
        "checkpoint",
        producer,
        lambda directory: checkpoint.save(directory, model, tokenizer, params.steps),
    )
    ctx.publish_plot("training", rows)
    return {
        "validation_loss": {domain: {"before": before[domain], "after": after[domain]} for domain in after},
        "tokens": rows[-1]["tokens"],
        "parameters": sum(p.numel() for p in model.parameters()),
        "epochs": round(params.steps * params.batch_rows / len(train), 3),
    }


def _train(
    params: PretrainParams, ctx: Context, model: vlm.VisionLanguageModel, train: TokenBlocks, state: Path
) -> list[Row]:
    rows, length, vocabulary = params.batch_rows, train.tokens.shape[1], model.shape.vocab_size
    curve: list[Row] = []
    if params.copy_steps:
        curve += run_phase(
            Trainer(model, params.copy_optimizer, trainable=["language."]),
            "copying",
            params.copy_steps,
            lambda step: [repeats(rows, length, vocabulary, params.seed, step)],
            params.copy_optimizer,
            state,
            ctx.progress,
            params.save_every,
        )
    order = Shuffle(len(train), derive(params.seed, "order"))
    curve += run_phase(
        Trainer(model, params.optimizer, trainable=["language."]),
        "text",
        params.steps,
        lambda step: [train.batch(order.take(step * rows, rows))],
        params.optimizer,
        state,
        ctx.progress,
        params.save_every,
    )
    return curve


STAGE = Stage("pretrain", PretrainParams, run, sections=("model",))
