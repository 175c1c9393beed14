"""Pictures with their verdicts: what the artifacts, the tokenizer's sample and the metrics take from them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.artifacts.schemas import DATASETS
from k15.curation.document import EXCERPT_CHARACTERS
from k15.curation.sources import MARK
from stages.curate.params import CurateParams
from stages.curate.picture_decisions import VERDICTS, decide
from stages.curate.work import Beside, Work

VISION = "vision"
"""Their domain in the rejections and in the funnel."""
_SCORES = DATASETS["rejection"].columns.field("scores").type


@dataclass(frozen=True)
class Pictures:
    """The parts, and the table that has a verdict for each of their rows."""

    parts: tuple[Path, ...]
    verdicts: Path

    @classmethod
    def judged(cls, work: Work, found: Sequence[Beside], params: CurateParams) -> Self:
        return cls(tuple(part for part, _ in found), decide(work, found, params))

    def by_part(self, columns: Sequence[str]) -> Iterator[Iterator[pa.Table]]:
        """Columns of each part and of its verdicts, some rows at a time."""
        own = [name for name in columns if name not in VERDICTS.names]
        others = [name for name in columns if name in VERDICTS.names]
        verdicts, start = pq.read_table(self.verdicts, columns=others), 0
        for part in self.parts:
            yield _beside(part, own, verdicts.slice(start), columns)
            start += pq.read_metadata(part).num_rows

    def rows(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        return chain.from_iterable(self.by_part(columns))

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

    def texts(self, size: int) -> Iterator[str]:
        """Of the training documents, at most so many bytes; every part has its share. A picture's place in a text is
        no text."""
        for number, tables in enumerate(self.by_part(["text", "split", "filter"])):
            for text in first(_training_texts(tables), size // (len(self.parts) - number)):
                size -= len(text.encode())
                yield text

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


def _beside(part: Path, own: Sequence[str], verdicts: pa.Table, columns: Sequence[str]) -> Iterator[pa.Table]:
    with pq.ParquetFile(part) as file:
        start = 0
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, own)
            beside = verdicts.slice(start, rows.num_rows)
            yield pa.table({name: (rows if name in own else beside)[name] for name in columns})
            start += rows.num_rows


def _training_texts(tables: Iterator[pa.Table]) -> Iterator[str]:
    for rows in tables:
        chosen = rows.filter(pc.and_(pc.is_null(rows["filter"]), pc.equal(rows["split"], "train")))
        for text in chosen["text"].to_pylist():
            yield text.replace(MARK, "")


def first(texts: Iterator[str], size: int) -> Iterator[str]:
    """The first of them that have together at most `size` bytes."""
    for text in texts:
        size -= len(text.encode())
        if size < 0:
            return
        yield text


def _described(meta: str, kind: str) -> str:
    """What is broken has no kind."""
    return json.dumps(json.loads(meta) | ({"kind": kind} if kind else {}), sort_keys=True, ensure_ascii=False)


def _pairs(rows: pa.Table, first: str, second: str) -> Iterator[tuple[Any, Any]]:
    return zip(rows[first].to_pylist(), rows[second].to_pylist(), strict=True)
