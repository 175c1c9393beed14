"""`python -m stages.curate explain ID`: a document's whole story, from the stage's artifacts.

Where it comes from, what was measured beside the bounds of its domain, which reason dropped it or how often it is
read, and which documents it repeats or is repeated by; of pictures the same, but for what is measured of texts alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from k15.artifacts import iter_dataset
from k15.curation.document import DOMAINS
from k15.curation.filters import Bounds
from k15.errors import UserError
from stages.curate.params import CurateParams
from stages.curate.pictures import VISION

_SHOWN = 20
_WIDTH = 100
_OF_PICTURES = ("id", "kind", "text", "source", "split", "meta")
"""All but the pictures."""


def explain(params: CurateParams, root: Path, document_id: str) -> str:
    artifacts = root / "artifacts" / "curate"
    row, verdict = _found(artifacts, document_id)
    rules = params.filters.of(row["domain"]) if row["domain"] in DOMAINS else {}
    measures = list(_measures(dict(row["scores"]), rules))
    lines = [
        f"{document_id}",
        f"  source {row['source']}, domain {row['domain']}",
        *(f"  {name.replace('_', ' ')}: {value}" for name, value in sorted(json.loads(row["meta"]).items())),
        f"  begins: {' '.join((row.get('text') or row.get('excerpt') or '').split())[:_WIDTH]}",
        "",
        *(["Measured, beside the rules of its domain:", *measures, ""] if measures else []),
        verdict,
        *_duplicates(artifacts, document_id),
    ]
    return "\n".join(lines)


def _found(artifacts: Path, document_id: str) -> tuple[dict[str, Any], str]:
    """The document, and what became of it."""
    if rows := _rows(artifacts / "documents", "document", "id", document_id):
        return rows[0], f"Kept: {rows[0]['split']}, {rows[0]['tokens']} tokens, read {rows[0]['weight']:.2f} times."
    if rows := _rows(artifacts / "vision", "vision_document", "id", document_id, _OF_PICTURES):
        kept = f"Kept: {rows[0]['split']}, {rows[0]['kind']}."
        return rows[0] | {"domain": VISION, "scores": []}, kept
    if rows := _rows(artifacts / "rejections", "rejection", "id", document_id):
        return rows[0], f"Dropped: {rows[0]['filter']}, {rows[0]['reason']}."
    raise UserError(
        f"no document is called {document_id!r}; ids are in artifacts/curate/documents, vision and rejections"
    )


def _measures(scores: Mapping[str, float], rules: Mapping[str, Bounds]) -> Iterator[str]:
    """Those with rules first, in the order in which they are tried."""
    for name in [*rules, *sorted(scores.keys() - rules.keys())]:
        if name not in scores:
            continue
        bounds, value = rules.get(name), scores[name]
        verdict = ""
        if bounds is not None:
            low, high = bounds.min, bounds.max
            outside = (low is not None and value < low) or (high is not None and value > high)
            asked = ", ".join(f"{word} {bound:g}" for word, bound in (("min", low), ("max", high)) if bound is not None)
            verdict = f"   {'✗' if outside else '✓'} {asked}"
        yield f"  {name:<28}{value:>12.4g}{verdict}"


def _duplicates(artifacts: Path, document_id: str) -> list[str]:
    """The cluster that it is in, as the one kept or as one of the others."""
    own = _rows(artifacts / "clusters", "cluster", "id", document_id)
    cluster = own[0]["cluster"] if own else document_id
    others = [row for row in _rows(artifacts / "clusters", "cluster", "cluster", cluster) if row["id"] != document_id]
    if not own and not others:
        return ["No duplicates."]
    head = f"A duplicate of {cluster} ({_how(own[0])})." if own else "The kept one of its cluster."
    shown = [f"  {row['id']} ({_how(row)})" for row in others[:_SHOWN]]
    rest = [f"  and {len(others) - _SHOWN} more"] if len(others) > _SHOWN else []
    return [head, *([f"{len(others)} more in the cluster:"] if others else []), *shown, *rest]


def _how(row: Mapping[str, Any]) -> str:
    return f"{row['kind']}, {row['similarity']:.3f}" + (", another source" if row["across"] else "")


def _rows(
    path: Path, schema: str, column: str, value: str, columns: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for batch in iter_dataset(path, schema, columns=columns):
        found += batch.filter(pc.equal(batch.column(column), value)).to_pylist()
    return found
