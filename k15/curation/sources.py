"""A user's own text, as documents: JSON Lines, Parquet, plain text and HTML, local or on S3.

Guarantees: a document's id is its place in the source, so it does not depend on what else is read. Input
that can't be read as declared ends the run with one line that names file and place; nothing is skipped in
silence. Not here: what the text is worth; that is for the filters. HTML is stripped of its markup and of
what is plainly not content; finding the main text of a page is not attempted.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, field_validator

from k15.curation import html, locations
from k15.curation.document import Document, Domain, Language
from k15.curation.locations import SourceFile
from k15.errors import UserError
from k15.params import Params

GENERATED = "generated"


class Source(Params):
    """Where a domain's documents come from, and how to read them."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    """Prefix of the documents' ids."""
    path: str = Field(min_length=1)
    """A file, a directory, a glob or a tar archive, from the repository root, or the same under s3://."""
    format: Literal["jsonl", "parquet", "text", "html"]
    domain: Domain
    lang: Language
    text_field: str | list[str] = "text"
    """Column or columns of jsonl and parquet that make up the text, joined by line ends."""
    split_before: str | None = None
    """For text: a regular expression; a document begins at each line that it matches."""

    @field_validator("name")
    @classmethod
    def _not_ours(cls, name: str) -> str:
        if name == GENERATED:
            raise ValueError(f"{GENERATED!r} names the bundled generators; choose another name")
        return name

    @field_validator("split_before")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"not a regular expression ({error}); correct it") from None
        return pattern

    @property
    def fields(self) -> list[str]:
        return [self.text_field] if isinstance(self.text_field, str) else self.text_field


def read(source: Source, root: Path) -> Iterator[Document]:
    """Every document of `source`, unfiltered. A source without a single one is an error."""
    suffixes, reader = _FORMATS[source.format]
    empty = True
    for file in locations.files(source.path, root, suffixes):
        with locations.readable(file.shown):
            for place, text in reader(file, source):
                empty = False
                yield Document(f"{source.name}/{file.name}{place}", text, source.domain, source.name, source.lang)
    if empty:
        raise UserError(f"{source.path}: source {source.name!r} has no documents; remove it or fill it")


def _decode(data: bytes, shown: str, first_line: int = 1) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = first_line + data.count(b"\n", 0, error.start)
        raise UserError(f"{shown}: line {line} is not UTF-8 text; convert the file to UTF-8") from None


def _joined(record: dict[str, Any], source: Source, where: str) -> str:
    for field in source.fields:
        if field not in record:
            known = ", ".join(sorted(map(str, record))) or "none"
            raise UserError(f"{where} has no field {field!r} (it has {known}); correct the source's text_field")
        if not isinstance(record[field], str):
            raise UserError(f"{where}: field {field!r} is not a string; correct the source's text_field")
    return "\n".join(record[field] for field in source.fields)


def _jsonl(file: SourceFile, source: Source) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(file.stream, start=1):
        if not line.strip():
            continue
        where = f"{file.shown}: line {number}"
        try:
            record = json.loads(_decode(line, file.shown, number))
        except (json.JSONDecodeError, RecursionError) as error:
            reason = getattr(error, "msg", "nested too deep")
            raise UserError(f"{where} is not JSON ({reason}); is the file cut off? fetch it again") from None
        if not isinstance(record, dict):
            raise UserError(f"{where} is not a JSON object; use one object per line")
        yield f":{number}", _joined(record, source, where)


def _parquet(file: SourceFile, source: Source) -> Iterator[tuple[str, str]]:
    stream = file.stream if file.stream.seekable() else io.BytesIO(file.stream.read())
    try:
        table = pq.ParquetFile(stream)
        columns = [name for name in source.fields if name in table.schema_arrow.names]
        if len(columns) < len(source.fields):
            _joined(dict.fromkeys(table.schema_arrow.names, ""), source, file.shown)
        row = 0
        for batch in table.iter_batches(batch_size=4096, columns=columns):
            for record in batch.to_pylist():
                row += 1
                yield f":{row}", _joined(record, source, f"{file.shown}: row {row}")
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{file.shown}: not a whole Parquet file ({reason}); fetch it again") from None


def _text(file: SourceFile, source: Source) -> Iterator[tuple[str, str]]:
    text = _decode(file.stream.read(), file.shown)
    if source.split_before is None:
        parts = [text]
    else:
        begins = [match.start() for match in re.finditer(source.split_before, text, re.MULTILINE)]
        bounds = [0, *begins, len(text)]
        parts = [text[start:end] for start, end in pairwise(bounds)]
    filled = [part for part in parts if part.strip()]
    yield from ((f"#{number}" if len(parts) > 1 else "", part) for number, part in enumerate(filled, start=1))


def _html(file: SourceFile, source: Source) -> Iterator[tuple[str, str]]:
    yield "", html.text_of(_decode(file.stream.read(), file.shown))


_Reader = Callable[[SourceFile, Source], Iterator[tuple[str, str]]]
_FORMATS: dict[str, tuple[tuple[str, ...], _Reader]] = {
    "jsonl": ((".jsonl", ".ndjson"), _jsonl),
    "parquet": ((".parquet",), _parquet),
    "text": ((".txt", ".md"), _text),
    "html": ((".html", ".htm"), _html),
}
