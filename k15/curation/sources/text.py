"""Plain text and web pages, a file each.

Guarantees: text is cut only where the source says, and a file that is cut may be of any size (but in UTF-16); a line of
UTF-8 text that is damaged costs that line.
Not guaranteed: text of a legacy charset is read as what it looks like, which can be wrong.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from io import BufferedReader
from itertools import pairwise

from k15.curation.sources import charset, html
from k15.curation.sources.params import Source
from k15.curation.sources.records import MAX_DOCUMENT, Fault, Record, SourceFile, Text, excerpt, too_large
from k15.curation.sources.streams import expanded, read_whole

_MORE = too_large("file")
_BINARY = 0.01
"""Share of null bytes from which a file is no text."""


def text(file: SourceFile, source: Source) -> Iterator[Record]:
    stream = expanded(file.name, file.stream)
    data, damage = read_whole(stream)
    if damage == _MORE and source.split_before and data[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        yield from _Cut(source.split_before).records(data, stream)
        return
    if damage:
        data = data[: data.rfind(b"\n") + 1]
    try:
        content, meta = _decode(data)
    except ValueError as error:
        yield Fault("", str(error), "", excerpt(data))
        return
    content, faults = _without_bad_lines(content, data)
    parts = _parts(content, source.split_before)
    filled = [part for part in parts if part.strip()]
    if damage:
        filled = filled[:-1]  # the document that the damage cut
    for number, part in enumerate(filled, start=1):
        yield Text(f"#{number}" if len(parts) > 1 else "", part, meta=meta)
    yield from faults
    if damage:
        yield Fault(f"#{len(filled) + 1}" if filled else "", damage, "", excerpt(data))


class _Cut:
    """The documents of a file that is larger than the largest of them, some MiB at a time."""

    def __init__(self, split_before: str) -> None:
        self._split_before = split_before
        self._number, self._lines = 0, 0
        self._held: str | None = ""  # of the last document; None: it is too large, and what is left of it is lost
        self._charset: str | None = None

    def records(self, data: bytes, stream: BufferedReader) -> Iterator[Record]:
        damage: str | None = _MORE
        while True:
            end = len(data) if damage is None else data.rfind(b"\n") + 1
            if damage == _MORE:
                end = end or len(data)
            try:
                yield from self._documents(data[:end])
            except ValueError as error:
                yield Fault(f"#{self._number + 1}", f"{error}; what follows is lost", "", excerpt(data))
                return
            if damage != _MORE:
                break
            rest = data[end:]
            data, damage = read_whole(stream)
            data = rest + data
        if self._held and self._held.strip():
            self._number += 1
            yield Fault(f"#{self._number}", damage, "", excerpt(self._held)) if damage else self._record(self._held)

    def _documents(self, data: bytes) -> Iterator[Record]:
        """Those that end in `data`."""
        content, meta = _decode(data, self._charset)
        self._charset = self._charset or meta.get("charset")
        good, faults = _without_bad_lines(content, data, self._lines)
        self._lines += content.count("\n")
        first, *others = _parts(f"{self._held or ''}{good}", self._split_before)
        parts = [*([] if self._held is None else [first]), *others]
        if others or self._held is not None:
            self._held = parts.pop()
        for part in parts:
            if part.strip():
                self._number += 1
                yield self._record(part)
        if self._held is not None and len(self._held) > MAX_DOCUMENT:
            self._number += 1
            yield self._record(self._held)
            self._held = None
        yield from faults

    def _record(self, part: str) -> Record:
        place = f"#{self._number}"
        if len(part) > MAX_DOCUMENT:
            return Fault(place, too_large("document"), "", excerpt(part))
        return Text(place, part, meta={"charset": self._charset} if self._charset else {})


def page(file: SourceFile, source: Source) -> Iterator[Record]:
    data, damage = read_whole(expanded(file.name, file.stream))
    yield Fault("", damage, "", excerpt(data)) if damage else read_page("", data)


def read_page(place: str, data: bytes, label: str | None = None, **names: str) -> Record:
    """The text of a web page; `names` are its key and what is known of it."""
    try:
        content, meta = _decode(data, label, is_page=True)
        found = html.text_of(content)
    except ValueError as error:
        return Fault(place, str(error), "", excerpt(data))
    if not found.strip():
        return Fault(place, "the page has no text", "", excerpt(data), damage=False)
    return Text(place, found, names.pop("key", None), {**names, **meta})


def _decode(data: bytes, label: str | None = None, is_page: bool = False) -> tuple[str, Mapping[str, str]]:
    content, name = charset.decode(data, label, is_page)
    if content.count("\0") > _BINARY * len(content):
        raise ValueError("binary data, not text")
    return content, {} if name == "utf-8" else {"charset": name}


def _without_bad_lines(content: str, data: bytes, before: int = 0) -> tuple[str, list[Fault]]:
    if "\ufffd" not in content or "\ufffd".encode() in data:
        return content, []
    good, faults = [], []
    for number, line in enumerate(content.split("\n"), start=before + 1):
        if "\ufffd" in line:
            faults.append(Fault(f":{number}", "not UTF-8 text", f"line {number}", excerpt(line)))
        else:
            good.append(line)
    return "\n".join(good), faults


def _parts(content: str, split_before: str | None) -> list[str]:
    if split_before is None:
        return [content]
    begins = [match.start() for match in re.finditer(split_before, content, re.MULTILINE)]
    return [content[start:end] for start, end in pairwise([0, *begins, len(content)])]
