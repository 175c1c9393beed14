"""What the report's page about the corpus shows: distributions, samples and clusters, from the artifacts of `curate`.

Guarantees: documents stream through, and pictures are read of those alone that are shown; samples are the first by a
hash of their ids, so the same corpus shows the same.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from k15.artifacts import iter_dataset

Row = Mapping[str, Any]
Histogram = Counter[float]

SAMPLES = 6
"""Of each domain (kept) and of each reason (dropped)."""
CLUSTERS = 12
IDS = 3
"""Of each cluster."""
PICTURES = 12
"""Of each kind."""
QUALITY = "quality_classifier"


@dataclass
class Cluster:
    """What repeats one document: counts, and a few ids."""

    kinds: Counter[str] = field(default_factory=Counter)
    least_alike: float = 1.0
    across: int = 0
    ids: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return self.kinds.total()

    def add(self, row: Row) -> None:
        self.kinds[row["kind"]] += 1
        self.least_alike = min(self.least_alike, row["similarity"])
        self.across += row["across"]
        if len(self.ids) < IDS:
            self.ids.append(row["id"])


@dataclass
class CorpusFacts:
    lengths: dict[str, Histogram] = field(default_factory=lambda: defaultdict(Counter))
    """Domain → tokens of its kept documents, by powers of two."""
    quality: dict[str, Histogram] = field(default_factory=lambda: defaultdict(Counter))
    """Domain → the classifier's probabilities of its kept documents, by tenths."""
    labels: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Label (identified_language, programming_language, document_type, licence) → documents by its value."""
    kept: dict[str, list[Row]] = field(default_factory=dict)
    dropped: dict[str, list[Row]] = field(default_factory=dict)
    clusters: list[tuple[str, Cluster]] = field(default_factory=list)
    """The largest, each with the id of the one kept."""
    pictures: dict[str, list[Row]] = field(default_factory=dict)


_SHOWN = ("id", "kind", "text", "images")
_FEW = 16
"""Rows with pictures in memory."""
_LABELS = ("identified_language", "programming_language", "document_type", "licence")


def load(root: Path) -> CorpusFacts:
    artifacts = root / "artifacts" / "curate"
    facts = CorpusFacts()
    kept, dropped = Sampler(SAMPLES), Sampler(SAMPLES)
    for row in _rows(artifacts / "documents", "document"):
        facts.lengths[row["domain"]][2.0 ** math.floor(math.log2(max(1, row["tokens"])))] += 1
        if (probability := dict(row["scores"]).get(QUALITY)) is not None:
            facts.quality[row["domain"]][min(9, math.floor(probability * 10)) / 10] += 1
        meta = json.loads(row["meta"])
        for name in _LABELS:
            if name in meta:
                facts.labels[name][meta[name]] += 1
        kept.add(row["domain"], row)
    for row in _rows(artifacts / "rejections", "rejection"):
        dropped.add(row["filter"], row)
    facts.kept, facts.dropped, facts.pictures = kept.chosen(), dropped.chosen(), _pictures(artifacts / "vision")
    facts.clusters = _largest(artifacts / "clusters")
    return facts


class Sampler:
    """The first rows of each kind by a hash of their ids."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._heaps: dict[str, list[tuple[int, str, Row]]] = defaultdict(list)

    def add(self, kind: str, row: Row) -> None:
        rank = int.from_bytes(hashlib.blake2b(row["id"].encode(), digest_size=8).digest(), "big")
        heap, item = self._heaps[kind], (-rank, row["id"], row)
        if len(heap) < self.count:
            heapq.heappush(heap, item)
        elif item[:2] > heap[0][:2]:
            heapq.heapreplace(heap, item)

    def chosen(self) -> dict[str, list[Row]]:
        return {kind: [row for _, _, row in sorted(heap, key=_order)] for kind, heap in sorted(self._heaps.items())}


def _order(item: tuple[int, str, Row]) -> tuple[int, str]:
    return -item[0], item[1]


def _pictures(path: Path) -> dict[str, list[Row]]:
    chosen = Sampler(PICTURES)
    for row in _rows(path, "vision_document", columns=("id", "kind")):
        chosen.add(row["kind"], row)
    wanted = pa.array([row["id"] for rows in chosen.chosen().values() for row in rows], pa.string())
    shown = Sampler(PICTURES)
    for batch in iter_dataset(path, "vision_document", columns=_SHOWN, batch_rows=_FEW):
        for row in batch.filter(pc.is_in(batch["id"], wanted)).to_pylist():
            shown.add(row["kind"], row)
    return shown.chosen()


def _largest(path: Path) -> list[tuple[str, Cluster]]:
    found: dict[str, Cluster] = defaultdict(Cluster)
    for row in _rows(path, "cluster"):
        found[row["cluster"]].add(row)
    return heapq.nsmallest(CLUSTERS, found.items(), key=lambda item: (-item[1].size, item[0]))


def _rows(path: Path, schema: str, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    for batch in iter_dataset(path, schema, columns=columns, batch_rows=1024):
        yield from batch.to_pylist()
