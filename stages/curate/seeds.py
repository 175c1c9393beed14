"""The labelled texts that the quality classifier learns from (§2.5.1, App. B).

Guarantees: of either kind the first `most` by a hash of their ids, and all texts of the last of these ids, whichever
files they came in. Labels need no text; only the beginnings of the chosen texts are kept, as far as they are read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.curation import parts
from k15.curation.pieces import Piece
from k15.curation.quality.features import characters
from k15.curation.quality.params import ClassifierParams, QualityParams, SeedParams
from k15.curation.quality.seed import Seed
from k15.curation.sources import GENERATED
from k15.seeds import derive
from stages.curate.work import Beside, Work, names

_LABELLED = pa.schema([("rank", pa.int64()), ("good", pa.bool_()), ("group", pa.int32()), ("row", pa.int32())])
"""Place in the order of hashed ids, label, and where in the part the text is."""
_SEED = ("id", "text", "digest", "good")


def chosen(work: Work, found: Sequence[Beside], params: QualityParams, seed: int) -> list[Path]:
    """Files of seeds. Where other verdicts choose the same ones, no text is read again."""
    assert params.classifier is not None
    on = params.seeds.model_dump()
    labelled = [
        Piece(
            work.place(f"labels-{part.parent.name}", on, seed, names(others)) / part.name,
            partial(_label, part=part, others=others, params=params.seeds, seed=seed),
        )
        for part, others in found
    ]
    tables = [pq.read_table(path) for path in work.complete("labels", labelled)]
    wanted = []
    for (part, _), table in zip(found, _first(tables, params.seeds.most), strict=True):
        if table.num_rows:
            place = work.place(f"seeds-{part.parent.name}", part.name, params.classifier.words, table.to_pylist())
            wanted.append(Piece(place / part.name, partial(_read, part=part, rows=table, params=params.classifier)))
    return work.complete("seeds", wanted)


def names_of(files: Sequence[Path]) -> list[list[Any]]:
    """What a step depends on that learns from these seeds, in whatever files they are."""
    tables = [pq.read_table(file, columns=["id", "digest", "good"]) for file in files]
    return sorted(list(row.values()) for table in tables for row in table.to_pylist())


def read(files: Sequence[Path]) -> list[Seed]:
    tables = [pq.read_table(file, columns=["id", "text", "good"]) for file in files]
    return [Seed(**row) for table in tables for row in table.to_pylist()]


def _label(path: Path, part: Path, others: Sequence[Path], params: SeedParams, seed: int) -> None:
    """A row for each text of a part that is an example, as far as it can be among the first of all parts."""
    rows = [
        {"rank": derive(seed, "seeds", name), "good": good, "group": group, "row": row}
        for group, row, name, good in _examples(part, others, params)
    ]
    (table,) = _first([pa.Table.from_pylist(rows, _LABELLED)], params.most)
    pq.write_table(table, path, compression="zstd")


def _examples(part: Path, others: Sequence[Path], params: SeedParams) -> Iterator[tuple[int, int, str, bool]]:
    """Row group, row, id and label."""
    for group, rows in enumerate(parts.groups(part, others, ["id", "source", "meta", "filter"])):
        for number, row in enumerate(rows.to_pylist()):
            generated = row["source"] == GENERATED
            planted = json.loads(row["meta"]).get("planted") if generated else None
            label = params.label(row["source"], planted, row["filter"], generated)
            if label is not None:
                yield group, number, row["id"], label


def _first(tables: Sequence[pa.Table], most: int) -> list[pa.Table]:
    """Of the rows of all tables the first `most` of either kind."""
    last: dict[bool, int] = {}
    for good in (True, False):
        ranks = [table.filter(pc.equal(table["good"], good))["rank"].to_numpy() for table in tables]
        together = np.sort(np.concatenate([np.zeros(0, np.int64), *ranks]))[:most]
        last[good] = int(together[-1]) if len(together) else -1
    return [
        table.filter(pc.less_equal(table["rank"], pc.if_else(table["good"], last[True], last[False])))
        for table in tables
    ]


def _read(path: Path, part: Path, rows: pa.Table, params: ClassifierParams) -> None:
    seeds: list[dict[str, Any]] = []
    with pq.ParquetFile(part) as file:
        for group in pc.unique(rows["group"]).to_pylist():
            own = rows.filter(pc.equal(rows["group"], group))
            texts = file.read_row_group(group, ["id", "text"]).take(own["row"])
            begins = pc.utf8_slice_codeunits(texts["text"], 0, characters(params.words))
            columns = (column.to_pylist() for column in (texts["id"], begins, own["good"]))
            seeds += [
                {"id": name, "text": text, "digest": hashlib.blake2b(text.encode()).hexdigest(), "good": good}
                for name, text, good in zip(*columns, strict=True)
            ]
    schema = pa.schema([(name, pa.bool_() if name == "good" else pa.string()) for name in _SEED])
    pq.write_table(pa.Table.from_pylist(seeds, schema), path, compression="zstd")
