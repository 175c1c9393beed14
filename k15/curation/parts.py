"""Parts: the Parquet files between the steps of curation, one a unit of input, and files of columns beside them.

A text's key is a hash of its id. The row groups of a part are sorted by key and state its range, so the texts of a
partition, those whose keys begin with the same bits, are found without reading the others. A file of columns has the
row groups of its part, row by row, so that one can be made anew without the others (columns beside texts as in dolma).

Guarantees: writing and reading hold a run of some tens of MiB, however long a unit is; a partition is the same
whichever units its texts came in. Not guaranteed: that a row group is read once. Beyond some 64 partitions (2 GiB) each
group holds texts of several, and each of these reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.curation.document import Broken, Document
from k15.curation.pieces import Piece

TEXTS = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),  # the beginning, where it is broken
        pa.field("domain", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("meta", pa.string(), nullable=False),  # JSON
        pa.field("broken", pa.string()),  # why it cannot be read
    ]
)
RUN_BYTES = 64 << 20
GROUP_BYTES = 1 << 20
PARTITION_BYTES = 32 << 20
_ROW_BYTES = 1024
"""What a row of Python objects takes beside its text."""
_BYTES = b"k15.bytes"
_KEY_BITS = 64

Columns = Callable[[pa.Table], pa.Table]
"""Rows of a part to as many rows of other columns."""


def key_of(document_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(document_id.encode(), digest_size=8).digest(), "big")


def write_texts(path: Path, items: Iterable[Document | Broken]) -> None:
    with pq.ParquetWriter(path, TEXTS, compression="zstd", compression_level=1) as writer:
        run: list[dict[str, Any]] = []
        held = total = 0
        for item in items:
            run.append(_row(item))
            size = len(run[-1]["text"].encode()) + len(run[-1]["id"])
            held, total = held + size + _ROW_BYTES, total + size
            if held >= RUN_BYTES:
                _write_run(writer, run)
                run, held = [], 0
        _write_run(writer, run)
        writer.add_key_value_metadata({_BYTES: str(total)})


def _row(item: Document | Broken) -> dict[str, Any]:
    known = {"key": key_of(item.id), "id": item.id, "domain": item.domain, "source": item.source}
    if isinstance(item, Broken):
        return known | {"text": item.excerpt, "language": "", "meta": "{}", "broken": item.reason}
    meta = json.dumps(dict(item.meta), sort_keys=True, ensure_ascii=False)
    return known | {"text": item.text, "language": item.language, "meta": meta, "broken": None}


def _write_run(writer: pq.ParquetWriter, run: list[dict[str, Any]]) -> None:
    run.sort(key=lambda row: (row["key"], row["id"]))
    group: list[dict[str, Any]] = []
    held = 0
    for row in run:
        group.append(row)
        held += len(row["text"].encode())
        if held >= GROUP_BYTES:
            _write_group(writer, group)
            group, held = [], 0
    if group:
        _write_group(writer, group)


def _write_group(writer: pq.ParquetWriter, rows: list[dict[str, Any]]) -> None:
    writer.write_table(pa.Table.from_pylist(rows, TEXTS), row_group_size=len(rows))


def beside(part: Path, output: Path, columns: Sequence[str], compute: Columns) -> Piece:
    """A piece that writes what `compute` makes of these columns of `part`. `compute` must go through pickle."""
    work = partial(_write_columns, part=part, columns=list(columns), compute=compute)
    return Piece(output, work, part.stat().st_size)


def _write_columns(path: Path, part: Path, columns: list[str], compute: Columns) -> None:
    with pq.ParquetFile(part) as file:
        made = compute(TEXTS.empty_table().select(columns))
        with pq.ParquetWriter(path, made.schema, compression="zstd", compression_level=1) as writer:
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group, columns)
                made = compute(rows)
                if made.num_rows != rows.num_rows:
                    raise ValueError(f"{made.num_rows} rows of columns for {rows.num_rows} rows")
                writer.write_table(made, row_group_size=max(1, made.num_rows))


def text_bytes(parts: Iterable[Path]) -> int:
    return sum(int(pq.read_metadata(part).metadata[_BYTES]) for part in parts)


def partitions(parts: Iterable[Path]) -> int:
    """How many partitions the texts are put into: a power of two that depends on their bytes alone."""
    count, size = 1, text_bytes(parts)
    while count * PARTITION_BYTES < size:
        count *= 2
    return count


def keys_of_partition(number: int, count: int) -> tuple[int, int]:
    """The smallest key and the largest."""
    shift = _KEY_BITS - (count.bit_length() - 1)
    return number << shift, ((number + 1) << shift) - 1


def groups(part: Path, others: Sequence[Path], columns: Sequence[str]) -> Iterator[pa.Table]:
    """Row group by row group of `part` and the files beside it, those of `columns` that each has."""
    yield from _groups(part, others, columns, lambda low, high: True)


def partition(
    parts: Sequence[tuple[Path, Sequence[Path]]], number: int, count: int, columns: Sequence[str]
) -> pa.Table:
    """The rows of partition `number` of `count`, of all parts with what is beside them, sorted by key, id and text."""
    first, last = keys_of_partition(number, count)
    wanted = list(dict.fromkeys(["key", "id", "text", *columns]))
    found = []
    for part, others in parts:
        for table in _groups(part, others, wanted, lambda low, high: low <= last and high >= first):
            inside = pc.and_(
                pc.greater_equal(table["key"], pa.scalar(first, pa.uint64())),
                pc.less_equal(table["key"], pa.scalar(last, pa.uint64())),
            )
            found.append(table.filter(inside))
    if not found:
        return TEXTS.empty_table().select([name for name in columns if name in TEXTS.names])
    table = pa.concat_tables(found).sort_by([("key", "ascending"), ("id", "ascending"), ("text", "ascending")])
    return table.select([name for name in columns if name in table.column_names])


def _groups(
    part: Path, others: Sequence[Path], columns: Sequence[str], wanted: Callable[[int, int], bool]
) -> Iterator[pa.Table]:
    files = [pq.ParquetFile(path) for path in (part, *others)]
    try:
        present = [[name for name in columns if name in file.schema_arrow.names] for file in files]
        for group in range(files[0].num_row_groups):
            keys = files[0].metadata.row_group(group).column(0).statistics
            if wanted(keys.min, keys.max):
                yield _side_by_side(
                    [file.read_row_group(group, names) for file, names in zip(files, present, strict=True) if names]
                )
    finally:
        for file in files:
            file.close()


def _side_by_side(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.table({name: table[name] for table in tables for name in table.column_names})
