"""Ids that a source gave to two texts: one text keeps the id, or nobody could say which was meant.

Guarantees: of the texts that pass the rules the one with the smallest digest stays, whichever files they came in; a
text is never dropped in favour of one that is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.curation import parts
from k15.curation.pieces import Piece
from stages.curate.decisions import VERDICT
from stages.curate.work import Beside, Work, names

_DROPPED = {"filter": "duplicate_id", "reason": "another text has the same id", "value": None}


def without_doubles(work: Work, found: Sequence[Beside], verdicts: Sequence[Path]) -> list[Path]:
    """`verdicts`, a file for each part of `found`, with a reason against all but one of the texts of an id."""
    together = [(part, (*others, verdict)) for (part, others), verdict in zip(found, verdicts, strict=True)]
    repeated = _repeated(together)
    if not len(repeated):
        return list(verdicts)
    drop = _all_but_one(row for number, of in enumerate(together) for row in _candidates(number, of, repeated))
    on = [names([part, *others]) for part, others in together]
    settled = list(verdicts)
    wanted = []
    for number, rows in sorted(drop.items()):
        settled[number] = work.place(f"settled-{verdicts[number].parent.name}", on) / verdicts[number].name
        wanted.append(Piece(settled[number], partial(_settle, verdict=verdicts[number], rows=rows)))
    work.complete("ids", wanted)
    return settled


def _repeated(together: Sequence[Beside]) -> npt.NDArray[np.uint64]:
    """Keys that more than one text has that passes."""
    keys = [
        rows.filter(pc.is_null(rows["filter"]))["key"].to_numpy()
        for part, others in together
        for rows in parts.groups(part, others, ("key", "filter"))
    ]
    values, counts = np.unique(np.concatenate([np.zeros(0, np.uint64), *keys]), return_counts=True)
    return values[counts > 1]


def _candidates(number: int, of: Beside, repeated: npt.NDArray[np.uint64]) -> Iterator[tuple[Any, ...]]:
    """Id, digest, meta, number of the part and row of each text that passes and whose key is among `repeated`."""
    first = 0
    for rows in parts.groups(*of, ("key", "id", "meta", "digest", "filter")):
        known = pc.and_(pc.is_in(rows["key"], pa.array(repeated)), pc.is_null(rows["filter"]))
        places = np.flatnonzero(known.to_numpy())
        chosen = rows.take(places)
        columns = (chosen[name].to_pylist() for name in ("id", "digest", "meta"))
        yield from zip(*columns, [number] * len(places), (places + first).tolist(), strict=True)
        first += rows.num_rows


def _all_but_one(candidates: Iterator[tuple[Any, ...]]) -> dict[int, list[int]]:
    """Part → its rows that are dropped."""
    stays: dict[str, tuple[Any, ...]] = {}
    drop: dict[int, list[int]] = {}
    for one in candidates:
        smaller, larger = sorted((one, stays.get(one[0], one)))
        stays[one[0]] = smaller
        if larger is not smaller:
            drop.setdefault(larger[3], []).append(larger[4])
    return drop


def _settle(path: Path, verdict: Path, rows: Sequence[int]) -> None:
    with pq.ParquetFile(verdict) as file, pq.ParquetWriter(path, VERDICT, compression="zstd") as writer:
        first = 0
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            out = pa.array(np.isin(np.arange(first, first + table.num_rows), rows))
            for name, value in _DROPPED.items():
                changed = pc.if_else(out, pa.scalar(value, VERDICT.field(name).type), table[name])
                table = table.set_column(table.column_names.index(name), VERDICT.field(name), changed)
            writer.write_table(table, row_group_size=max(1, table.num_rows))
            first += table.num_rows
