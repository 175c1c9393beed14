"""`python -m stages.curate explain ID`: a document's whole story, from the stage's artifacts.

Where it comes from, what was measured beside the bounds of its domain, which reason dropped it or what its reading is
made of, and which documents it repeats or is repeated by. Of pictures the same without measures. Bounds and weights are
those that the artifacts were made with, whatever params.yaml says by now.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pydantic

from k15.artifacts import read_manifest
from k15.curation.document import DOMAINS
from k15.curation.filters import Bounds
from k15.curation.mixture import STAGES
from k15.errors import UserError
from stages.curate.columns import CLASSIFIER
from stages.curate.decided import WORTH
from stages.curate.params import CurateParams
from stages.curate.pictures import VISION

_SHOWN = 20
_WIDTH = 100
_COLUMNS = {
    "documents": ("id", "source", "domain", "split", "tokens", "meta", "scores", "reading", "text"),
    "rejections": ("id", "source", "domain", "meta", "scores", "filter", "reason", "excerpt"),
    "vision": ("id", "kind", "text", "source", "split", "meta"),
    "clusters": ("id", "cluster", "kind", "similarity", "across"),
}


def explain(root: Path, document_id: str) -> str:
    artifacts = root / "artifacts" / "curate"
    params = _params(artifacts / "documents")
    found = _found(artifacts, document_id)
    lines = [document_id]
    for number, row in enumerate(found, start=1):
        lines += [f"Text {number} of {len(found)} that have this id:"] if len(found) > 1 else []
        lines += [*_story(row, params), ""]
    return "\n".join([*lines, *_duplicates(artifacts, document_id)])


def _found(artifacts: Path, document_id: str) -> list[dict[str, Any]]:
    pictures = _rows(artifacts / "vision", "id", document_id)
    found = [
        *_rows(artifacts / "documents", "id", document_id),
        *(row | {"domain": VISION, "scores": []} for row in pictures),
        *_rows(artifacts / "rejections", "id", document_id),
    ]
    if not found:
        raise UserError(
            f"no document is called {document_id!r}; ids are in artifacts/curate/documents, vision and rejections"
        )
    return found


def _params(documents: Path) -> CurateParams:
    """Those that the artifacts were made with."""
    try:
        return CurateParams.model_validate_json(json.dumps(read_manifest(documents).params["curate"]))
    except (KeyError, pydantic.ValidationError):
        raise UserError(f"{documents} was made by another version of the stage; run `dvc repro curate`") from None


def _story(row: Mapping[str, Any], params: CurateParams) -> list[str]:
    rules = params.filters.of(row["domain"]) if row["domain"] in DOMAINS else {}
    measures = list(_measures(dict(row["scores"]), rules))
    return [
        f"  source {row['source']}, domain {row['domain']}",
        *(f"  {name.replace('_', ' ')}: {value}" for name, value in sorted(json.loads(row["meta"]).items())),
        f"  begins: {' '.join((row.get('text') or row.get('excerpt') or '').split())[:_WIDTH]}",
        "",
        *(["Measured, beside the rules of its domain:", *measures, ""] if measures else []),
        *_verdict(row, params),
    ]


def _verdict(row: Mapping[str, Any], params: CurateParams) -> list[str]:
    if "filter" in row:
        return [f"Dropped: {row['filter']}, {row['reason']}."]
    return [f"Kept: {row['split']}, {row['kind']}."] if row["domain"] == VISION else _kept(row, params)


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
        yield _line(name, value) + verdict


def _line(name: str, value: float) -> str:
    return f"  {name:<30}{value:>12.4g}"


def _kept(row: Mapping[str, Any], params: CurateParams) -> list[str]:
    scores, reading = dict(row["scores"]), dict(row["reading"])
    language = json.loads(row["meta"]).get("programming_language")
    told = {
        "score of the measures": scores.get(WORTH.get(row["domain"], "")),
        "score of the classifier": scores.get(CLASSIFIER),
        "score of the judge": reading.get("judge"),
        "combined score": reading.get("quality"),
        "quality factor": reading["factor"],
        "weight of its source": next((one.weight for one in params.sources if one.name == row["source"]), 1.0),
        f"weight of {language}": params.mixture.of_language(language) if language else None,
    }
    if row["split"] == "train":
        told |= {f"times read in {stage}": reading[stage] for stage in STAGES}
    known = [_line(name, value) for name, value in told.items() if value is not None]
    return [f"Kept: {row['split']}, {row['tokens']} tokens. What its reading is made of:", *known]


def _duplicates(artifacts: Path, document_id: str) -> list[str]:
    """The cluster that it is in, as the one kept or as one of the others."""
    own = _rows(artifacts / "clusters", "id", document_id)
    cluster = own[0]["cluster"] if own else document_id
    others = [row for row in _rows(artifacts / "clusters", "cluster", cluster) if row["id"] != document_id]
    if not own and not others:
        return ["No duplicates."]
    head = f"A duplicate of {cluster} ({_how(own[0])})." if own else "The kept one of its cluster."
    shown = [f"  {row['id']} ({_how(row)})" for row in others[:_SHOWN]]
    rest = [f"  and {len(others) - _SHOWN} more"] if len(others) > _SHOWN else []
    return [head, *([f"{len(others)} more in the cluster:"] if others else []), *shown, *rest]


def _how(row: Mapping[str, Any]) -> str:
    return f"{row['kind']}, {row['similarity']:.3f}" + (", another source" if row["across"] else "")


def _rows(dataset: Path, column: str, value: str) -> list[dict[str, Any]]:
    """Of all other columns only the row groups are read that hold such a row."""
    found: list[dict[str, Any]] = []
    for name in sorted(read_manifest(dataset).files):
        with pq.ParquetFile(dataset / name) as file:
            for group in range(file.num_row_groups):
                known = pc.equal(file.read_row_group(group, [column])[column], pa.scalar(value))
                if pc.any(known).as_py():
                    found += _read(file, group, _COLUMNS[dataset.name]).filter(known).to_pylist()
    return found


def _read(file: pq.ParquetFile, group: int, columns: Sequence[str]) -> pa.Table:
    rows = file.read_row_group(group, list(columns))
    if "text" not in columns:
        return rows
    begins = pc.utf8_slice_codeunits(rows["text"], 0, 4 * _WIDTH)
    return rows.set_column(rows.column_names.index("text"), "text", begins)
