"""Which texts hold an item of an evaluation set in use: a column beside each part (App. B)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

import pyarrow as pa

from k15.artifacts.digests import json_digest
from k15.artifacts.storage import write_json
from k15.curation.duplicates.decontaminate import EvaluationIndex, unprotected
from k15.curation.pieces import Piece
from k15.evaluation.params import DecontaminationParams
from stages.curate import columns
from stages.curate.work import Beside, Work, names

Item = tuple[str, str, str]
"""Evaluation set, id and text."""
_SCHEMA = pa.schema([("contaminated", pa.float64()), ("contaminated_by", pa.string())])


def comparisons(
    work: Work, found: Sequence[Beside], params: DecontaminationParams, items: Sequence[Item]
) -> list[Piece]:
    """What writes a file beside each part: the largest share of an item that a text holds, and which; null where it
    holds none. Nothing without evaluation sets."""
    if not items:
        return []
    if short := unprotected(items, params):
        work.progress.log(f"{len(short)} of {len(items)} evaluation items are too short to be looked for")
    file = work.place("items", json_digest(items)) / "items.json"
    write_json(file, items)
    compute = partial(_compare, params=params, items=file)
    on = params.model_dump(), names([file])
    return columns.beside(work, "contamination", found, ("text",), compute, *on)


@cache
def _index(params: DecontaminationParams, items: Path) -> EvaluationIndex:
    """One a worker: building it takes longer than a part."""
    return EvaluationIndex.build(json.loads(items.read_text("utf-8")), params)


def _compare(rows: pa.Table, params: DecontaminationParams, items: Path) -> pa.Table:
    hits = _index(params, items).hits(rows["text"].to_pylist())
    found = [(hit.share, f"{hit.suite}/{hit.id}") if hit else (None, None) for hit in hits]
    return pa.table([[share for share, _ in found], [name for _, name in found]], schema=_SCHEMA)
