"""JSON Lines.

Guarantees: a line that can't be read costs that line; a line of any length costs no more memory than the largest
document. A document of a file that is read as a whole is named after its line, one of a file that is cut into units
after the byte at which its line begins, which does not depend on the cuts.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader

from k15.curation.sources.params import Source
from k15.curation.sources.records import (
    MAX_DOCUMENT,
    Damage,
    Fault,
    Record,
    SourceFile,
    excerpt,
    parse_json,
    text_of_fields,
    too_large,
)
from k15.curation.sources.streams import expanded

_SKIP = 1 << 16


def numbered(file: SourceFile) -> Iterator[tuple[str, str, bytes | Fault]]:
    """Place, place in words, and the line, for every line that is not blank."""
    stream = expanded(file.name, file.stream)
    position = _begin(stream, file.start) if file.stop is not None else 0
    number = 0
    while file.stop is None or position < file.stop:
        number += 1
        where = f"line {number}" if file.stop is None else f"the line at byte {position}"
        place = f":{number}" if file.stop is None else f"@{position}"
        try:
            line = stream.readline(MAX_DOCUMENT + 1)
            position += len(line)
            if len(line) > MAX_DOCUMENT and not line.endswith(b"\n"):
                head, line = line[:1000], b""
                position += _finish(stream)
                yield place, where, Fault(place, too_large("line"), where, excerpt(head))
                continue
        except Damage as damage:
            yield place, where, Fault(place, str(damage), where)
            return
        if not line:
            return
        if line.strip():
            yield place, where, line


def _begin(stream: BufferedReader, start: int) -> int:
    """Go to the first line that begins at or after `start`."""
    if not start:
        return 0
    stream.seek(start - 1)
    return start - 1 + _finish(stream)


def _finish(stream: BufferedReader) -> int:
    """Read to the end of the line; how many bytes that took."""
    size = 0
    while part := stream.readline(_SKIP):
        size += len(part)
        if part.endswith(b"\n"):
            break
    return size


def jsonl(file: SourceFile, source: Source) -> Iterator[Record]:
    for place, where, line in numbered(file):
        if isinstance(line, Fault):
            yield line
            continue
        try:
            record = parse_json(line)
            if not isinstance(record, dict):
                raise ValueError("not a JSON object")
            yield text_of_fields(record, source.fields, source.id_field, place)
        except ValueError as error:
            yield Fault(place, str(error), where, excerpt(line))
