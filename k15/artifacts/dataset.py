"""Datasets: a few large zstd Parquet shards with a manifest, in a directory or under s3://.

Guarantees: rows stream through, so memory does not grow with the dataset; rows are checked against the
schema column by column; the same rows give the same bytes, however the caller had batched them (under one
version of pyarrow, whose name the files carry); readers parse only bytes whose digest was checked.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.artifacts import schemas
from k15.artifacts.digests import file_digest
from k15.artifacts.manifest import File, Manifest, Producer, expect, load_file
from k15.artifacts.storage import LocalStaging, Location, S3Staging, store_at
from k15.errors import ArtifactError

BATCH_ROWS = 256
GROUP_BYTES = 32 << 20
SHARD_BYTES = 256 << 20
Rows = Iterable[Mapping[str, Any]] | Iterable[pa.Table]


def write_dataset(path: Location, schema: str, rows: Rows, *, producer: Producer) -> Manifest:
    """Write `rows` (mappings, or tables) as a dataset that replaces what is at `path`.

    A shard ends after about 256 MiB of data before compression.
    """
    columns = schemas.DATASETS[schema].columns
    with store_at(path).staging() as staging:
        with _ShardWriter(staging, columns) as writer:
            for batch in _batches(path, columns, rows):
                writer.add(batch)
            files = writer.finish()
        total = sum(file.rows or 0 for file in files.values())
        manifest = producer.manifest("dataset", schema, files, total)
        staging.commit(manifest.render())
    return manifest


def iter_dataset(
    path: Location, schema: str, *, columns: Sequence[str] | None = None, batch_rows: int = 8192
) -> Iterator[pa.RecordBatch]:
    """The dataset's rows in order, one shard in memory at a time."""
    manifest = expect(path, "dataset", schema)
    wanted = _selected(schema, columns)
    store = store_at(path)
    for name in sorted(manifest.files):
        data = load_file(store, path, manifest, name)
        for batch in pq.ParquetFile(pa.BufferReader(data)).iter_batches(batch_rows, columns=wanted.names):
            yield batch.select(wanted.names).cast(wanted)


def read_dataset(path: Location, schema: str, *, columns: Sequence[str] | None = None) -> pa.Table:
    batches = iter_dataset(path, schema, columns=columns)
    return pa.Table.from_batches(batches, _selected(schema, columns))


def read_rows(path: Location, schema: str, *, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read_dataset(path, schema, columns=columns).to_pylist()
    return rows


def _selected(schema: str, columns: Sequence[str] | None) -> pa.Schema:
    whole = schemas.DATASETS[schema].columns
    return whole if columns is None else pa.schema([whole.field(name) for name in columns])


class _ShardWriter:
    """Collects rows into row groups and those into shards; only the rows decide where one ends."""

    def __init__(self, staging: LocalStaging | S3Staging, columns: pa.Schema) -> None:
        self.staging, self.columns = staging, columns
        self.files: dict[str, File] = {}
        self.group: list[pa.RecordBatch] = []
        self.file: pa.OSFile | None = None
        self.shard: pq.ParquetWriter | None = None
        self.rows = self.group_bytes = self.shard_bytes = 0

    def add(self, batch: pa.RecordBatch) -> None:
        while batch.num_rows:
            room = BATCH_ROWS - self.rows % BATCH_ROWS
            piece, batch = batch.slice(0, room), batch.slice(room)
            self.group.append(piece)
            self.rows += piece.num_rows
            self.group_bytes += sum(_size(column) for column in piece.columns)
            if piece.num_rows == room:
                self._at_boundary()

    def finish(self) -> dict[str, File]:
        if self.rows or not self.files:
            self._close_shard()  # no rows at all: one empty shard, so that any Parquet reader opens it
        return self.files

    def _at_boundary(self) -> None:
        if self.group_bytes >= GROUP_BYTES:
            self._write_group()
        if self.shard_bytes + self.group_bytes >= SHARD_BYTES:
            self._close_shard()

    def _write_group(self) -> None:
        if self.shard is None:
            self.file = pa.OSFile(str(self._path()), "wb")
            self.shard = pq.ParquetWriter(self.file, self.columns, compression="zstd")
        table = pa.Table.from_batches(self.group, self.columns).combine_chunks()
        self.shard_bytes += self.group_bytes
        self.group, self.group_bytes = [], 0  # what was copied need not be in memory while it is written
        if table.num_rows:
            self.shard.write_table(table, row_group_size=table.num_rows)

    def _close_shard(self) -> None:
        self._write_group()
        assert self.shard is not None and self.file is not None
        self.shard.close()
        self.file.close()
        path = self._path()
        entry = File(file_digest(path), path.stat().st_size, self.rows)
        self.staging.keep(path.name, entry.sha256)
        self.files[path.name] = entry
        self.shard, self.rows, self.shard_bytes = None, 0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.shard is not None:
            self.shard.is_open = False  # after an error: nobody wants its end, which a destructor would write
        if self.file is not None:
            self.file.close()  # it would hold on to a disk that may be full

    def _path(self) -> Path:
        return self.staging.directory / f"part-{len(self.files):05d}.parquet"


def _size(array: pa.Array) -> int:
    """Bytes of the values; unlike `nbytes` independent of how Arrow happens to hold them."""
    if pa.types.is_map(array.type):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()  # `keys` and `items` are not those of a slice
        return 4 * len(array) + sum(_size(part.slice(first, last - first)) for part in (array.keys, array.items))
    if pa.types.is_list(array.type):
        return 4 * len(array) + _size(array.flatten())
    if pa.types.is_string(array.type) or pa.types.is_binary(array.type):
        return 4 * len(array) + (pc.sum(pc.binary_length(array)).as_py() or 0)
    return 8 * len(array)


def _batches(path: Location, columns: pa.Schema, rows: Rows) -> Iterator[pa.RecordBatch]:
    """Batches of any size; each item of `rows` is a mapping or a table."""
    start = 0
    for is_table, items in itertools.groupby(rows, lambda item: isinstance(item, pa.Table)):
        if is_table:
            for table in items:
                yield from _conform(path, columns, table).to_batches()
                start += table.num_rows
        else:
            while waiting := list(itertools.islice(items, BATCH_ROWS)):
                yield _from_mappings(path, columns, waiting, start)
                start += len(waiting)


def _from_mappings(path: Location, columns: pa.Schema, rows: list[Mapping[str, Any]], start: int) -> pa.RecordBatch:
    names = set(columns.names)
    for number, row in enumerate(rows, start):
        if row.keys() != names:
            wrong = sorted(map(str, row.keys() ^ names))
            raise ArtifactError(f"{path}: row {number} lacks, or has too many: {', '.join(wrong)}")
    arrays = []
    for field in columns:
        values = [row[field.name] for row in rows]
        try:
            array = pa.array(values, field.type)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            reason = " ".join(str(error).split())
            raise ArtifactError(f"{path}: column `{field.name}` after row {start}: {reason}") from error
        _check_nulls(path, field, array)
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def _conform(path: Location, columns: pa.Schema, table: pa.Table) -> pa.Table:
    if set(table.column_names) != set(columns.names):
        wrong = sorted(set(table.column_names) ^ set(columns.names))
        raise ArtifactError(f"{path}: the table lacks, or has too many: {', '.join(wrong)}")
    arrays = []
    for field in columns:
        try:
            array = table[field.name].cast(field.type)
        except pa.ArrowException as error:
            raise ArtifactError(f"{path}: column `{field.name}`: {' '.join(str(error).split())}") from error
        _check_nulls(path, field, array)
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=columns)


def _check_nulls(path: Location, field: pa.Field, array: Any) -> None:
    if array.null_count and not field.nullable:
        raise ArtifactError(f"{path}: column `{field.name}` has a row without a value")
