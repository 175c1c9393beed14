"""Pictures with their verdicts: what the artifacts, the tokenizer's sample and the metrics take from them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.artifacts.schemas import DATASETS
from k15.curation.document import EXCERPT_CHARACTERS
from k15.curation.sources import MARK
from stages.curate.picture_decisions import VERDICTS

VISION = "vision"
"""Their domain in the rejections and in the funnel."""
_SCORES = DATASETS["rejection"].columns.field("scores").type


@dataclass(frozen=True)
class Pictures:
    """The parts, and the table that has a verdict for each of their rows."""

    parts: tuple[Path, ...]
    verdicts: Path

    def rows(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Columns of parts and of verdicts, some rows at a time."""
        own = [name for name in columns if name not in VERDICTS.names]
        others = [name for name in columns if name in VERDICTS.names]
        verdicts, start = pq.read_table(self.verdicts, columns=others), 0
        for part in self.parts:
            with pq.ParquetFile(part) as file:
                for group in range(file.num_row_groups):
                    rows = file.read_row_group(group, own)
                    beside = verdicts.slice(start, rows.num_rows)
                    yield pa.table({name: (rows if name in own else beside)[name] for name in columns})
                    start += rows.num_rows

    def kept(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        for rows in self.rows([*columns, "filter"]):
            yield rows.filter(pc.is_null(rows["filter"])).select(list(columns))

    def documents(self) -> Iterator[pa.Table]:
        """Rows of the `vision_document` schema."""
        yield from self.kept(DATASETS["vision_document"].columns.names)

    def rejections(self) -> Iterator[pa.Table]:
        """Rows of the `rejection` schema."""
        for rows in self.rows(["id", "source", "kind", "text", "meta", "filter", "reason", "value"]):
            rows = rows.filter(pc.is_valid(rows["filter"]))
            described = [_described(meta, kind) for meta, kind in _pairs(rows, "meta", "kind")]
            columns = {name: rows[name] for name in ("id", "source", "filter", "reason", "value")}
            columns["domain"] = pa.array([VISION] * rows.num_rows, pa.string())
            columns["excerpt"] = pc.utf8_slice_codeunits(rows["text"], 0, EXCERPT_CHARACTERS)
            columns["meta"] = pa.array(described, pa.string())
            columns["scores"] = pa.array([[]] * rows.num_rows, _SCORES)
            yield pa.table(columns)

    def clusters(self) -> Iterator[pa.Table]:
        """Rows of the `cluster` schema."""
        for rows in self.rows(["id", "cluster", "across"]):
            rows = rows.filter(pc.is_valid(rows["cluster"]))
            rows = rows.append_column("kind", pa.array(["exact"] * rows.num_rows, pa.string()))
            yield rows.append_column("similarity", pa.array([1.0] * rows.num_rows, pa.float64()))

    def texts(self) -> Iterator[str]:
        """Of the training documents; a picture's place in a text is no text."""
        for rows in self.kept(["text", "split"]):
            for text in rows.filter(pc.equal(rows["split"], "train"))["text"].to_pylist():
                yield text.replace(MARK, "")

    def kinds(self) -> dict[str, int]:
        """Kept documents by kind."""
        found: Counter[str] = Counter()
        for rows in self.kept(["kind"]):
            found.update(rows["kind"].to_pylist())
        return dict(sorted(found.items()))

    def counted(self) -> Counter[tuple[str, str, str | None]]:
        """Documents by domain, source and filter (None: kept)."""
        found: Counter[tuple[str, str, str | None]] = Counter()
        for rows in self.rows(["source", "filter"]):
            found.update((VISION, source, name) for source, name in _pairs(rows, "source", "filter"))
        return found


def _described(meta: str, kind: str) -> str:
    """What is broken has no kind."""
    return json.dumps(json.loads(meta) | ({"kind": kind} if kind else {}), sort_keys=True, ensure_ascii=False)


def _pairs(rows: pa.Table, first: str, second: str) -> Iterator[tuple[Any, Any]]:
    return zip(rows[first].to_pylist(), rows[second].to_pylist(), strict=True)
