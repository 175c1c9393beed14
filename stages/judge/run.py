"""A model's opinion of every curated document (App. B: the quality score of a language model).

Reads the documents of `curate`, asks the checkpoint of params about each, and writes a score by id, which `curate`
takes into its combined score where `curate.quality.judgements` names this artifact. One forward pass a document.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from k15.artifacts import read_dataset, verify, write_dataset
from k15.rollout.params import EngineParams
from k15.stage import Context, Stage
from stages.judge.judging import judge
from stages.judge.params import JudgeParams


def run(params: JudgeParams, ctx: Context) -> dict[str, Any]:
    settings = ctx.params(EngineParams, "engine")
    documents = ctx.artifact("curate/documents")
    verify(documents, "dataset")
    table = read_dataset(documents, "document", columns=["id", "text"])
    with ctx.progress.task("judge", table.num_rows) as task:
        scores = judge(table["text"].to_pylist(), params, ctx.root, settings, task)
    judged = pa.table({"id": table["id"], "score": pa.array(scores, pa.float64())})
    write_dataset(ctx.artifact("judgements"), "document_score", [judged], producer=ctx.producer(params, [documents]))
    return {"documents": table.num_rows, "mean": round(float(scores.mean()), 4) if len(scores) else 0.0}


STAGE = Stage("judge", JudgeParams, run, sections=("engine",))
