"""Records of a user's file (JSON Lines, JSON, Parquet; JSON gzipped too) or of a directory of such files.

Guarantees: whatever is wrong with a file or a record is a `UserError` of one line that names the place.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from k15.errors import UserError

SUFFIXES = (".jsonl", ".json", ".parquet", ".jsonl.gz", ".json.gz")

Located = tuple[dict[str, Any], Path, str]

_LEVEL = re.compile(r"(?:level\s*)?(\d{1,9})(?:\.0+)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Record:
    """One record of a file, which knows where it stands."""

    fields: dict[str, Any]
    file: Path
    where: str

    def error(self, what: str) -> UserError:
        return UserError(f"{self.file}: {self.where}: {what}")

    def get(self, *names: str) -> Any:
        """The first of `names` that is present and not null."""
        for name in names:
            if self.fields.get(name) is not None:
                return self.fields[name]
        raise self.error(f"has no field {' or '.join(map(repr, names))}; is this the right format?")

    def text(self, *names: str, default: str | None = None) -> str:
        """The first of `names` that is there, as a text without outer white space, which must not be empty."""
        if default is not None and all(self.fields.get(name) is None for name in names):
            return default
        value = self.get(*names)
        if not isinstance(value, str | int | float) or not str(value).strip():
            raise self.error(f"field {names[0]!r} must be a text (got {value!r:.60})")
        text = str(value).strip()
        try:
            text.encode()
        except UnicodeEncodeError:
            raise self.error(f"field {names[0]!r} holds half a surrogate pair ({value!r:.60}); mend it") from None
        return text

    def level(self, name: str) -> int:
        """A difficulty, written 3, 3.0, "3" or "Level 3"; 0 where there is none, or MATH's "Level ?"."""
        value = self.fields.get(name)
        if value is None or value == "Level ?":
            return 0
        match = _LEVEL.fullmatch(str(value).strip())
        if match is None:
            raise self.error(f"field {name!r} must be an integer, or a text such as 'Level 3' (got {value!r:.60})")
        return int(match[1])


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
            except (ValueError, RecursionError) as error:
                # The decoder's own place would be "line 1", whatever line it is.
                reason = error.msg if isinstance(error, json.JSONDecodeError) else _first_line(error)
                raise UserError(f"{file}: line {number}: is not JSON ({reason}); mend it") from None


def _json(file: Path) -> Iterator[tuple[str, Any]]:
    """A list of records, or MathVista's {id: record}."""
    text = _read(file)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file}: is not JSON ({_first_line(error)}); fetch it again") from None
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
