"""Records of a file (JSON Lines, JSON, Parquet; JSON gzipped too) or of a directory of such files."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from k15.errors import UserError

SUFFIXES = (".jsonl", ".json", ".parquet", ".jsonl.gz", ".json.gz")

Located = tuple[dict[str, Any], Path, str]


def iter_records(path: Path) -> Iterator[Located]:
    """(fields, file, "line 3" or "record 3") of every record, files in name order.

    Anything unreadable is a `UserError` that names the place.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.name.endswith(SUFFIXES))
        if not files:
            raise UserError(f"{path}: holds no {', '.join(SUFFIXES)} file")
    elif path.is_file():
        files = [path]
    else:
        raise UserError(f"{path}: no such file or directory; correct the path in params.yaml")
    for file in files:
        yield from _records(file)


def _records(file: Path) -> Iterator[Located]:
    if not file.name.endswith(SUFFIXES):
        raise UserError(f"{file}: unknown kind of file; give one of {', '.join(SUFFIXES)}")
    try:
        if file.suffix == ".parquet":
            rows: Iterator[tuple[str, Any]] = _parquet(file)
        elif ".jsonl" in file.suffixes:
            rows = _json_lines(file)
        else:
            rows = _json(file)
        for where, fields in rows:
            if not isinstance(fields, dict):
                raise UserError(f"{file}: {where}: is not a record (got {fields!r:.60})")
            yield fields, file, where
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise UserError(f"{file}: cannot be read ({_first_line(error)}); fetch it again") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: is not UTF-8 text (byte {error.start}); fetch it again") from None


def _parquet(file: Path) -> Iterator[tuple[str, Any]]:
    number = 0
    for batch in pq.ParquetFile(file).iter_batches(batch_size=64):
        for fields in batch.to_pylist():
            number += 1
            yield f"record {number}", fields


def _json_lines(file: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(_read(file).split("\n"), 1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except json.JSONDecodeError as error:
                raise UserError(f"{file}: line {number}: is not JSON ({error.msg}); mend it") from None


def _json(file: Path) -> Iterator[tuple[str, Any]]:
    """A list of records, or MathVista's {id: record}."""
    try:
        content = json.loads(_read(file))
    except json.JSONDecodeError as error:
        raise UserError(f"{file}: line {error.lineno}: is not JSON ({error.msg}); fetch it again") from None
    if isinstance(content, dict):
        content = [{"id": key, **value} if isinstance(value, dict) else value for key, value in content.items()]
    if not isinstance(content, list):
        raise UserError(f"{file}: is not a list of records")
    yield from ((f"record {number}", fields) for number, fields in enumerate(content, 1))


def _read(file: Path) -> str:
    data = file.read_bytes()
    return (gzip.decompress(data) if file.suffix == ".gz" else data).decode()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
