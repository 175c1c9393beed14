"""A model's opinion of every curated document (App. B: the quality score of a language model).

Reads the documents of `curate`, asks the checkpoint of params about each, and writes a score by id, which `curate`
takes into its combined score where `curate.quality.judgements` names this artifact. One forward pass a document.
Batch by batch: memory holds one shard of documents, and a killed run goes on with the batches that are missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from k15.artifacts import iter_dataset, read_dataset, read_manifest, write_dataset
from k15.artifacts.manifest import Producer
from k15.rollout.params import EngineParams
from k15.stage import Context, Stage
from stages.judge.judging import judging
from stages.judge.params import JudgeParams

_BATCH = 1024


def run(params: JudgeParams, ctx: Context) -> dict[str, Any]:
    settings = ctx.params(EngineParams, "engine")
    documents, checkpoint = ctx.artifact("curate/documents"), ctx.root / params.checkpoint
    parents = [documents, checkpoint]
    state = ctx.resumable(params, parents)
    producer = ctx.producer(params, parents)
    batches = _judged(params, ctx, settings, state, producer)
    write_dataset(ctx.artifact("judgements"), "document_score", _tables(batches), producer=producer)
    scores = [pc.sum(table["score"]).as_py() or 0.0 for table in _tables(batches)]
    count = read_manifest(documents).rows or 0
    return {"documents": count, "mean": round(sum(scores) / max(1, count), 4)}


def _judged(params: JudgeParams, ctx: Context, settings: EngineParams, state: Path, producer: Producer) -> list[Path]:
    """A small dataset of scores for each batch of documents."""
    documents, done = ctx.artifact("curate/documents"), []
    rows = read_manifest(documents).rows
    with judging(params, ctx.root, settings) as judge, ctx.progress.task("judge", rows) as task:
        batches = iter_dataset(documents, "document", columns=["id", "text"], batch_rows=_BATCH)
        for number, batch in enumerate(batches):
            place = state / f"{number:06d}"
            done.append(place)
            if (place / "manifest.json").exists():
                task.advance(batch.num_rows)
                continue
            texts = pc.utf8_slice_codeunits(batch["text"], 0, judge.characters).to_pylist()
            scores = pa.array(judge.scores(texts, task), pa.float64())
            table = pa.table({"id": batch["id"], "score": scores})
            write_dataset(place, "document_score", [table], producer=producer)
    return done


def _tables(batches: Sequence[Path]) -> Iterator[pa.Table]:
    return (read_dataset(path, "document_score") for path in batches)


STAGE = Stage("judge", JudgeParams, run, sections=("engine",))
