"""What the readers of the formats give: a text or a fault, each at its place in a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Any

from k15.curation.document import EXCERPT_CHARACTERS

MIB = 1 << 20
MAX_DOCUMENT = 32 * MIB
"""Bytes of the largest record that is read; no text worth reading as one document comes near it."""


class Damage(Exception):
    """From here on a stream can't be read; everything before was."""


@dataclass(frozen=True)
class SourceFile:
    """`name` is relative to the source's path, `shown` is what a user recognises, `stream` is
    as stored, from its beginning; of it the records that begin in [`start`, `stop`) are wanted: bytes of lines, row
    groups of Parquet."""

    name: str
    shown: str
    stream: BufferedReader
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """`key` names the document; without it `place` does: its place in the file."""

    place: str
    text: str
    key: str | None = None
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """`where` is the place in words, if the file has places. Without `damage` the record is whole but of no use: it is
    never a reason to refuse the source."""

    place: str
    reason: str
    where: str = ""
    excerpt: str = ""
    damage: bool = True


Record = Text | Fault


def excerpt(data: bytes | str) -> str:
    """The beginning of what can't be read, in characters that any table holds."""
    text = data[: 4 * EXCERPT_CHARACTERS].decode("utf-8", "replace") if isinstance(data, bytes) else data
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:EXCERPT_CHARACTERS])


def too_large(what: str) -> str:
    return f"the {what} is larger than {MAX_DOCUMENT // MIB} MiB"


def lacks(name: str, known: Iterable[str]) -> str:
    return f"it has no field {name!r} (it has {', '.join(sorted(map(str, known))[:20]) or 'none'})"


def parse_json(data: bytes) -> Any:
    """The value, or a ValueError with a reason in a few words."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg})") from None
    except RecursionError:
        raise ValueError("not JSON (nested too deep)") from None
    except ValueError:
        raise ValueError("not JSON (a number is too long)") from None


def text_of_fields(record: Mapping[str, Any], fields: list[str], id_field: str | None, place: str) -> Text:
    """The document in a row, or a ValueError with a reason in a few words."""
    for name in [*fields, *([id_field] if id_field else [])]:
        if name not in record:
            raise ValueError(lacks(name, record))
    for name in fields:
        if not isinstance(record[name], str):
            raise ValueError(f"field {name!r} is not a string")
    text = "\n".join(record[name] for name in fields)
    key = None
    if id_field:
        value = record[id_field]
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise ValueError(f"field {id_field!r} names no document (it is neither a string nor an integer)")
        key = str(value)
    if not _encodes(text) or not _encodes(key or ""):
        raise ValueError("it holds half a surrogate pair, which is no character")
    return Text(place, text, key)


def _encodes(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
