"""Long-context activation (§2.5.1): longer rows stage by stage, RoPE base raised, 40/60 full and partial attention.

Full-attention rows are long documents whose end asks for their beginning (needles at random depth) and consecutive
blocks of one domain, which read on as they were curated; partial-attention rows (our reading of the term) are
cooldown blocks packed to the same length that attend only within their own documents. Metric: needle retrieval by
length before and after.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from k15.errors import UserError
from k15.model import checkpoint
from k15.model.vlm import VisionLanguageModel
from k15.seeds import derive
from k15.stage import Context, Stage
from k15.tasks import needle
from k15.tokenizer import Tokenizer
from k15.training.batch import Batch
from k15.training.corpus import Shuffle, TokenBlocks
from k15.training.loop import Row, curve, run_phase
from k15.training.recall import recall_batch
from k15.training.retrieval import retrieval
from k15.training.trainer import Trainer
from stages.long_context.params import Length, LongContextParams


class Rows:
    """The rows of one rung: `batches(step)` gives a full-attention and a partial-attention microbatch."""

    def __init__(self, params: LongContextParams, rung: Length, blocks: TokenBlocks, tokenizer: Tokenizer) -> None:
        self.rung, self.blocks, self.tokenizer = rung, blocks, tokenizer
        block = blocks.tokens.shape[1]
        if rung.length % block:
            raise UserError(
                f"long_context.lengths: {rung.length} is not a multiple of the curated blocks' {block} tokens; "
                "change it or curate.block_length"
            )
        self.seed = derive(params.seed, "rows", rung.length)
        self.per_row = rung.length // block
        self.full = max(1, round(rung.batch_rows * params.full_attention_share))
        self.synthetic = round(self.full * params.synthetic_share)
        self.natural = self.full - self.synthetic
        self.partial = rung.batch_rows - self.full
        self.order = Shuffle(len(blocks), derive(self.seed, "partial"))
        self.runs = blocks.runs(self.per_row) if self.natural else []
        self.run_order = Shuffle(len(self.runs), derive(self.seed, "natural"))

    def batches(self, step: int) -> list[Batch]:
        length, per_row = self.rung.length, self.per_row
        batches = []
        if self.partial:
            count = self.partial * per_row
            batches.append(self.blocks.batch(self.order.take(step * count, count), length))
        if self.natural:
            starts = [self.runs[i] for i in self.run_order.take(step * self.natural, self.natural)]
            taken = [start + i for start in starts for i in range(per_row)]
            batches.append(self.blocks.batch(taken, length, full_attention=True))
        if self.synthetic:
            batches.append(recall_batch(self.synthetic, length, self.seed, step, self.tokenizer))
        return batches


def measure(params: LongContextParams, model: VisionLanguageModel, tokenizer: Tokenizer) -> dict[str, float]:
    """Needle retrieval by length, at depths spread evenly."""
    rates = {}
    for rung in params.lengths:
        needles = [
            needle.generate(rung.length, i / max(1, params.needles - 1), derive(params.seed, "probe", i), tokenizer)
            for i in range(params.needles)
        ]
        rates[str(rung.length)] = round(retrieval(model, tokenizer, needles), 4)
    return rates


def run(params: LongContextParams, ctx: Context) -> dict[str, Any]:
    start, tokens = ctx.artifact("vision_language"), ctx.artifact("curate/tokens")
    state = ctx.resumable(params, [start, tokens])
    longest = max(rung.length for rung in params.lengths)
    unchanged, tokenizer = checkpoint.load(start, params.tensor_parallel, max_length=longest)
    before = measure(params, unchanged, tokenizer)
    model, _ = checkpoint.load(start, params.tensor_parallel, max_length=longest, rope_base=params.rope_base)
    rows = _train(params, ctx, model, tokenizer, TokenBlocks(tokens, "train", "long_context"), state)
    after = measure(params, model, tokenizer)
    checkpoint.publish(ctx.artifact("long_context"), model, tokenizer, len(rows), ctx.producer(params, [start, tokens]))
    ctx.publish_plot("training", curve(rows))
    return {"needle": {length: {"before": before[length], "after": after[length]} for length in after}}


def _train(
    params: LongContextParams,
    ctx: Context,
    model: VisionLanguageModel,
    tokenizer: Tokenizer,
    blocks: TokenBlocks,
    state: Path,
) -> list[Row]:
    rows: list[Row] = []
    for rung in params.lengths:
        data = Rows(params, rung, blocks, tokenizer)
        rows += run_phase(
            Trainer(model, params.optimizer, trainable=["language."]),
            f"length-{rung.length}",
            rung.steps,
            data.batches,
            params.optimizer,
            state,
            ctx.progress,
            params.save_every,
        )
    return rows


STAGE = Stage("long_context", LongContextParams, run)
