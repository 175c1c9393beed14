"""Plain text and web pages, a file each.

Guarantees: text is cut only where the source says; a line of UTF-8 text that is damaged costs that line.
Not guaranteed: text of a legacy charset is read as what it looks like, which can be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from k15.curation.sources import charset, html
from k15.curation.sources.params import Source
from k15.curation.sources.records import Fault, Record, SourceFile, Text, excerpt
from k15.curation.sources.streams import expanded, read_whole

_BINARY = 0.01
"""Share of null bytes from which a file is no text."""


def text(file: SourceFile, source: Source) -> Iterator[Record]:
    data, damage = read_whole(expanded(file.name, file.stream))
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


def page(file: SourceFile, source: Source) -> Iterator[Record]:
    data, damage = read_whole(expanded(file.name, file.stream))
    yield Fault("", damage, "", excerpt(data)) if damage else read_page("", data)


def read_page(place: str, data: bytes, label: str | None = None, **names: str) -> Record:
    """The text of a web page; `names` are its key and what is known of it."""
    try:
        content, meta = _decode(data, label, html=True)
        found = html.text_of(content)
    except ValueError as error:
        return Fault(place, str(error), "", excerpt(data))
    if not found.strip():
        return Fault(place, "the page has no text", "", excerpt(data), damage=False)
    return Text(place, found, names.pop("key", None), {**names, **meta})


def _decode(data: bytes, label: str | None = None, html: bool = False) -> tuple[str, Mapping[str, str]]:
    content, name = charset.decode(data, label, html)
    if content.count("\0") > _BINARY * len(content):
        raise ValueError("binary data, not text")
    return content, {} if name == "utf-8" else {"charset": name}


def _without_bad_lines(content: str, data: bytes) -> tuple[str, list[Fault]]:
    if "\ufffd" not in content or "\ufffd".encode() in data:
        return content, []
    good, faults = [], []
    for number, line in enumerate(content.split("\n"), start=1):
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
