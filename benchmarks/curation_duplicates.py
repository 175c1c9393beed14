"""`python -m benchmarks curation_duplicates`: the search for duplicates beside datatrove's, on labelled documents.

Both get the same normalised texts and the same n-grams, bands and rows; ours runs with twice the bands too, which
its speed has room for. Printed are precision, recall and F1 over pairs of documents in one cluster, and documents per
second of CPU time for signing and for finding; ours includes writing and reading the units' Parquet files. In two
versions of a program little may be the same, and programs of two authors for one problem may well be the same: there
the figures say how the sides compare, not how good they are.
"""

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import datatrove_environment
from benchmarks.duplicates.labelled import Labelled, planted_edits, sets
from benchmarks.verifiers import DATA
from k15.curation.document import Document
from k15.curation.duplicates.find import find
from k15.curation.duplicates.params import DuplicatesParams
from k15.curation.duplicates.signatures import sign

SAME = DuplicatesParams(ngram=5, bands=14, rows=8, threshold=0.65)
TWICE = SAME.model_copy(update={"bands": 28})
_UNIT = 2000
_REPETITIONS = 3


def measure() -> None:
    if not (DATA / "book_editions").is_dir():
        print(f"duplicates: left out, {DATA} is absent (set K15_DATA to the folder of the data sets)")
        return
    datatrove_environment.prepare()
    for what, labelled in sets(DATA):
        _compare_clusters(what, labelled)
    _compare_speed(planted_edits(DATA))


def _compare_clusters(what: str, labelled: Sequence[Labelled]) -> None:
    labels = [one.label for one in labelled]
    texts = [one.document for one in labelled]
    sides = {
        "k15": our_side(texts, SAME),
        "k15 with 28 bands": our_side(texts, TWICE),
        "datatrove": datatrove_side(texts, SAME),
    }
    for name, side in sides.items():
        precision, recall, f1 = scores(labels, side["clusters"])
        print(f"{what} ({len(texts)}): {name} precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}", flush=True)


def _compare_speed(labelled: Sequence[Labelled]) -> None:
    texts = [one.document for one in labelled]
    our_side(texts[:100], SAME)
    ratios: dict[str, list[float]] = {"k15": [], "k15 with 28 bands": []}
    for _ in range(_REPETITIONS):
        theirs = datatrove_side(texts, SAME)
        sides = {"k15": our_side(texts, SAME), "k15 with 28 bands": our_side(texts, TWICE), "datatrove": theirs}
        for name, side in sides.items():
            rates = ", ".join(f"{step} {len(texts) / side[step]:,.0f}" for step in ("sign", "find"))
            print(f"speed: {name} {len(texts) / _seconds(side):,.0f} documents/s of CPU time ({rates})", flush=True)
            if name in ratios:
                ratios[name].append(_seconds(theirs) / _seconds(side))
    for name, found in ratios.items():
        spread = f"{min(found):.1f} to {max(found):.1f} in {_REPETITIONS} repetitions"
        print(f"speed: {name}, ratio {statistics.median(found):.1f} ({spread})", flush=True)


def _seconds(side: dict[str, Any]) -> float:
    return float(side["sign"] + side["find"])


def scores(labels: Sequence[str], clusters: Sequence[int]) -> tuple[float, float, float]:
    """Precision, recall and F1 over pairs; cluster -1 is nobody's."""

    def pairs(groups: Counter[Any]) -> int:
        return sum(size * (size - 1) // 2 for size in groups.values())

    found = [(label, cluster) for label, cluster in zip(labels, clusters, strict=True) if cluster >= 0]
    right, said = pairs(Counter(found)), pairs(Counter(cluster for _, cluster in found))
    true = pairs(Counter(labels))
    precision, recall = right / said if said else 1.0, right / true
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def our_side(documents: Sequence[Document], params: DuplicatesParams) -> dict[str, Any]:
    with TemporaryDirectory() as name:
        work = Path(name)
        begin = time.process_time()
        parts = [documents[i : i + _UNIT] for i in range(0, len(documents), _UNIT)]
        units = [write_unit(work / f"{i:06d}.parquet", part, params) for i, part in enumerate(parts)]
        signed = time.process_time()
        table = find(units, params, work)
        end = time.process_time()
    clusters = [-1] * len(documents)
    for one, kept in zip(table["id"].to_pylist(), table["cluster"].to_pylist(), strict=True):
        clusters[int(one)] = clusters[int(kept)] = int(kept)
    return {"sign": signed - begin, "find": end - signed, "clusters": clusters}


def write_unit(path: Path, documents: Sequence[Document], params: DuplicatesParams) -> Path:
    digests, bands = sign([one.text for one in documents], [one.domain for one in documents], params)
    columns = {name: [getattr(one, name) for one in documents] for name in ("id", "text", "domain", "source")}
    pq.write_table(pa.table({**columns, "digest": digests, "bands": bands}), path, compression="zstd")
    return path


def datatrove_side(documents: Sequence[Document], params: DuplicatesParams) -> dict[str, Any]:
    with TemporaryDirectory() as name:
        return datatrove_environment.answer(
            "duplicates/datatrove_side.py",
            Path(name) / "spec.json",
            texts=[one.text for one in documents],
            ngram=params.ngram,
            bands=params.bands,
            rows=params.rows,
            work=name,
        )
