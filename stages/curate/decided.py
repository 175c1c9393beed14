"""Every text with all that was decided about it, one file a partition: what the artifacts and `explain` are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.curation import parts
from k15.curation.measures import MEASURES
from k15.curation.mixture import split_of
from k15.curation.pieces import Piece
from stages.curate.columns import CLASSIFIER
from stages.curate.decisions import CLUSTER, VERDICT, partition
from stages.curate.params import CurateParams
from stages.curate.work import Beside, Work, names

_TEXT = ("id", "text", "domain", "source", "language", "meta", "labels")
_SCORES = (*MEASURES, "contaminated", CLASSIFIER)
WORTH = {"math": "mathematics", "knowledge": "educational_value"}
_GROUP_ROWS = 4096
_Test = Callable[[pa.ChunkedArray], pa.ChunkedArray]


def decide(work: Work, found: Sequence[Beside], clusters: Path, params: CurateParams) -> list[Path]:
    """One file a partition, in order."""
    count = parts.partitions(part for part, _ in found)
    on = [names((part, *others)) for part, others in found], names([clusters])
    place = work.place("decided", *on, params.validation_fraction, params.seed)
    pieces = [
        Piece(
            place / f"{number:06d}.parquet",
            partial(_decide, found=found, clusters=clusters, number=number, count=count, params=params),
        )
        for number in range(count)
    ]
    return work.complete("decisions", pieces)


def _decide(path: Path, found: Sequence[Beside], clusters: Path, number: int, count: int, params: CurateParams) -> None:
    rows = partition(found, clusters, number, count, [*_TEXT, *_SCORES])
    writer = None
    for start in range(0, max(1, rows.num_rows), _GROUP_ROWS):
        table = _described(rows.slice(start, _GROUP_ROWS), params)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()


def _described(rows: pa.Table, params: CurateParams) -> pa.Table:
    ids, meta, labels = (rows[name].to_pylist() for name in ("id", "meta", "labels"))
    languages = rows["language"].to_pylist()
    described = [
        json.dumps({"language": own, **json.loads(first), **json.loads(second)}, sort_keys=True, ensure_ascii=False)
        for own, first, second in zip(languages, meta, labels, strict=True)
    ]
    columns = {name: rows[name] for name in ("id", "text", "domain", "source", *VERDICT.names, *CLUSTER)}
    columns["meta"] = pa.array(described, pa.string())
    columns["split"] = pa.array([split_of(one, params.validation_fraction, params.seed) for one in ids], pa.string())
    told = [json.loads(one) for one in labels]
    for name in ("identified_language", "programming_language"):
        columns[name] = pa.array([one.get(name) for one in told], pa.string())
    columns["rules_score"] = _of_domain(rows)
    columns["classifier_score"] = _column(rows, CLASSIFIER)
    columns["scores"] = scores(rows)
    return pa.table(columns)


def _of_domain(rows: pa.Table) -> pa.Array:
    """What the measures say of a text's worth, where its domain has one that does."""
    found = pa.nulls(rows.num_rows, pa.float64())
    for domain, measure in WORTH.items():
        found = pc.if_else(pc.equal(rows["domain"], domain), rows[measure], found)
    return found


def _column(rows: pa.Table, name: str) -> pa.Array:
    return rows[name] if name in rows.column_names else pa.nulls(rows.num_rows, pa.float64())


def scores(rows: pa.Table) -> pa.MapArray:
    """Name → value of every measure that a row has."""
    return named({name: rows[name].to_numpy() for name in _SCORES if name in rows.column_names})


def named(columns: Mapping[str, npt.ArrayLike]) -> pa.MapArray:
    """Name → value of every column in which a row has one."""
    matrix = np.stack([np.asarray(values, np.float64) for values in columns.values()], axis=1)
    known = ~np.isnan(matrix)
    offsets = np.concatenate([[0], np.cumsum(known.sum(axis=1))]).astype(np.int32)
    names = pa.array(list(columns), pa.string()).take(pa.array(np.nonzero(known)[1]))
    return pa.MapArray.from_arrays(pa.array(offsets), names, pa.array(matrix[known]))


def kept(decided: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The texts of a partition that nothing speaks against, some at a time."""
    yield from _filtered(decided, columns, pc.is_null)


def dropped(decided: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    yield from _filtered(decided, columns, pc.is_valid)


def _filtered(decided: Path, columns: Sequence[str], test: _Test) -> Iterator[pa.Table]:
    with pq.ParquetFile(decided) as file:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, list(dict.fromkeys([*columns, "filter"])))
            yield rows.filter(test(rows["filter"])).select(list(columns))


def empty(decided: Path) -> pa.Table:
    """No rows, with all columns."""
    return pq.read_schema(decided).empty_table()
