"""Parquet, by row groups.

Guarantees: a row that can't be read costs that row, a damaged row group costs what is left of it. Only the columns
that are wanted are read. Memory: one batch of rows, and the pages that hold it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from k15.curation.sources.params import Source
from k15.curation.sources.records import (
    MAX_DOCUMENT,
    MIB,
    Damage,
    Fault,
    Record,
    SourceFile,
    excerpt,
    lacks,
    text_of_fields,
    too_large,
)
from k15.curation.sources.streams import HARMLESS, MAX_EXPANSION, expanded, without_codec

_BATCH = 256


def records(file: SourceFile, source: Source) -> Iterator[Record]:
    try:
        table = pq.ParquetFile(_seekable(file), pre_buffer=False, buffer_size=MIB)
    except (pa.ArrowException, OSError, Damage) as error:
        yield Fault("", f"not a whole Parquet file ({_one_line(error)})")
        return
    known = table.schema_arrow.names
    for name in [*source.fields, *([source.id_field] if source.id_field else [])]:
        if name not in known:
            yield Fault("", lacks(name, known))
            return
    groups = range(file.start, table.num_row_groups if file.stop is None else file.stop)
    row = sum(table.metadata.row_group(group).num_rows for group in range(file.start))
    for group in groups:
        yield from _group(table, group, row, source)
        row += table.metadata.row_group(group).num_rows


def _group(table: Any, group: int, row: int, source: Source) -> Iterator[Record]:
    columns = list(dict.fromkeys([*source.fields, *([source.id_field] if source.id_field else [])]))
    if reason := _bomb(table.metadata.row_group(group)):
        yield Fault(f":{row + 1}", f"row group {group}: {reason}", f"row {row + 1}")
        return
    try:
        for batch in table.iter_batches(_BATCH, [group], columns):
            for values in _rows(batch):
                row += 1
                yield _record(values, source, row)
    except (pa.ArrowException, OSError, Damage) as error:
        reason = f"row group {group} is damaged from here on ({_one_line(error)})"
        yield Fault(f":{row + 1}", reason, f"row {row + 1}")


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """A string that is no UTF-8 must not cost its neighbours."""
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for i in range(batch.num_rows):
            row: dict[str, Any] = {}
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                try:
                    row[name] = column[i].as_py()
                except UnicodeDecodeError:
                    row[name] = column[i].cast(pa.binary()).as_py()
            yield row


def _record(values: dict[str, Any], source: Source, row: int) -> Record:
    place, where = f":{row}", f"row {row}"
    try:
        if any(isinstance(values[name], bytes) for name in source.fields):
            raise ValueError("not UTF-8 text")
        text = text_of_fields(values, source.fields, source.id_field, place)
    except ValueError as error:
        first = values[source.fields[0]]
        return Fault(place, str(error), where, excerpt(first if isinstance(first, str | bytes) else repr(first)))
    if len(text.text) > MAX_DOCUMENT:
        return Fault(place, too_large("row"), where, excerpt(text.text))
    return text


def _bomb(group: Any) -> str | None:
    packed = sum(group.column(i).total_compressed_size for i in range(group.num_columns))
    if group.total_byte_size > max(HARMLESS, MAX_EXPANSION * packed):
        return f"it expands to more than {MAX_EXPANSION} times its size; a bomb"
    return None


def _seekable(file: SourceFile) -> BufferedReader:
    """Members of archives and compressed files come to a temporary file: the footer is read first."""
    if without_codec(file.name) == file.name and file.stream.seekable():
        return file.stream
    copy = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the reader)
    shutil.copyfileobj(expanded(file.name, file.stream), copy, MIB)
    copy.seek(0)
    return cast(BufferedReader, copy)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
