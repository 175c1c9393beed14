"""What is known of every text, as columns beside it: measures and signatures.

Each kind is a file of its own a part, so one is made anew without the others. A record that could not be read has
nothing in them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from k15.curation import parts
from k15.curation.document import Document
from k15.curation.duplicates.params import DuplicatesParams
from k15.curation.duplicates.signatures import sign
from k15.curation.measures import columns as measure_columns
from k15.curation.measures import examine
from k15.curation.pieces import Piece
from stages.curate.work import Beside, Work

CLASSIFIER = "quality_classifier"
_DOCUMENT = ("id", "text", "domain", "source", "language", "meta", "broken")


def beside(
    work: Work, step: str, found: Sequence[Beside], columns: Sequence[str], compute: parts.Columns, *on: Any
) -> list[Piece]:
    """One kind of columns, a file a part. `on`: what they depend on beside texts and code."""
    return [
        parts.beside(part, work.place(f"{step}-{part.parent.name}", *on) / part.name, columns, compute)
        for part, _ in found
    ]


def measures(work: Work, found: Sequence[Beside]) -> list[Piece]:
    """What writes a file of measures and labels beside each part."""
    return beside(work, "measures", found, _DOCUMENT, _measure)


def signatures(work: Work, found: Sequence[Beside], params: DuplicatesParams) -> list[Piece]:
    """What writes a file of digests and MinHash bands beside each part."""
    on = params.model_dump(include={"ngram", "bands", "rows"})
    return beside(work, "signatures", found, ("text", "domain"), partial(_sign, params=params), on)


def _measure(rows: pa.Table) -> pa.Table:
    found = [None if row["broken"] else examine(_document(row)) for row in rows.to_pylist()]
    labels = [json.dumps(one.labels if one else {}, sort_keys=True) for one in found]
    measures = measure_columns([one.measures if one else {} for one in found])
    return pa.table({"labels": pa.array(labels, pa.string()), **measures})


def _document(row: dict[str, Any]) -> Document:
    return Document(row["id"], row["text"], row["domain"], row["source"], row["language"], json.loads(row["meta"]))


def _sign(rows: pa.Table, params: DuplicatesParams) -> pa.Table:
    digest, bands = sign(rows["text"].to_pylist(), rows["domain"].to_pylist(), params)
    return pa.table({"digest": digest, "bands": bands})
