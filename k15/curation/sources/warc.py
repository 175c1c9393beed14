"""Pages of crawl archives: HTTP responses of WARC files, extracted text of WET files.

Guarantees: a record that is damaged costs that record, and the next one that begins with a WARC version line (in
gzip: the next member) is read; records of other kinds are passed over; an answer that is no page (redirects, errors,
pictures) is counted. A page is called by its address, and one that a file has again with another date by address and
date: memory holds the addresses of a file. What a page was compressed or cut into chunks by is undone, within the size
of a document.
Not read: the older ARC format; zstandard with a dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import replace
from io import BufferedReader, BytesIO
from typing import Any, cast

import fastwarc
from fastwarc.stream_io import BrotliReader, ChunkedReader, GzipReader, ZstdReader

from k15.curation.sources import charset
from k15.curation.sources.params import Source
from k15.curation.sources.records import MAX_DOCUMENT, Damage, Fault, Record, SourceFile, Text, excerpt, too_large
from k15.curation.sources.streams import sniffed
from k15.curation.sources.text import read_page

_VERSION = re.compile(rb"(?:\A|\n)(?=WARC/\d\.\d)")
_OVERLAP = 16
_LINE = 256
_CHUNK = re.compile(rb"[0-9a-fA-F]+[ \t]*(?:;[^\r\n]*)?\r?\n")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_HISTORY = 1 << 20
_RESPONSE, _RESOURCE, _CONVERSION = 4, 8, 128
_KINDS = {"warc": (_RESPONSE, _RESOURCE), "wet": (_CONVERSION,)}
_PAGES = ("text/html", "application/xhtml+xml")
_LONG = "a record's length is wrong, or what follows is no WARC record"
_SHORT = "it ends before the length that it states"


class _Tape:
    """A stream for FastWARC that ends at a damage, and can go on behind it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._ahead = b""
        self._history = bytearray()
        self.position = 0
        self.damage: str | None = None

    def read(self, size: int) -> bytes:
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        if not data and not self.damage:
            try:
                data = self._stream.read(size)
            except Damage as damage:
                self.damage = str(damage)
        self._history += data
        if len(self._history) > 2 * _HISTORY:
            del self._history[:-_HISTORY]
        self.position += len(data)
        return data

    def tell(self) -> int:
        return self.position

    def line(self) -> bytes:
        """The line that comes next, which stays there."""
        data = b""
        while b"\n" not in data and len(data) < _LINE and (part := self.read(_LINE)):
            data += part
        if data:
            self.position -= len(data)
            del self._history[-len(data) :]
            self._ahead = data + self._ahead
        return data.partition(b"\n")[0]

    def since(self, position: int) -> bytes:
        """What was read from `position` on, as far as it is remembered."""
        return bytes(self._history[-(self.position - position) :]) if position < self.position else b""

    def resume(self, behind: int) -> bool:
        """Go to the first record that begins after `behind`, if there is one."""
        window = self.since(behind + 1)
        while not (found := _VERSION.search(window)):
            if self.damage:
                if not (hasattr(self._stream, "resume") and self._stream.resume()):
                    return False
                self.damage, window = None, b""
            data = self.read(1 << 16)
            if not data and not self.damage:
                return False
            window = window[-_OVERLAP:] + data
        self._ahead = window[found.end() :] + self._ahead
        self.position -= len(window) - found.end()
        self._history.clear()
        return True


def warc(file: SourceFile, source: Source) -> Iterator[Record]:
    tape = _Tape(sniffed(file.stream))
    dates: dict[str, str] = {}
    more = True
    while more:
        reader = _Segment(tape, _KINDS[source.format])
        for record in reader:
            yield _by_date(record, dates) if isinstance(record, Text) else record
        if reader.damage:
            place = f"@{reader.last}+"  # the record itself can be a fault of its own
            yield Fault(place, reader.damage, f"after byte {reader.last}", excerpt(tape.since(reader.last)))
        more = bool(reader.damage) and tape.resume(reader.last)


def _by_date(record: Text, dates: dict[str, str]) -> Text:
    """`dates`: the first one of each address."""
    address, date = record.meta["url"], record.meta["date"]
    return (
        record if not address or dates.setdefault(address, date) == date else replace(record, key=f"{address}@{date}")
    )


class _Segment:
    """The records up to a damage."""

    def __init__(self, tape: _Tape, kinds: tuple[int, ...]) -> None:
        self._tape = tape
        self._kinds = kinds
        self.last, self._length = tape.position, 0
        self.damage: str | None = None

    def __iter__(self) -> Iterator[Record]:
        lenient = not self._tape.line().endswith(b"\r")
        tape = cast(Any, self._tape)
        records = fastwarc.ArchiveIterator(tape, parse_http=False, stream_detect=False, quirks_mode=lenient)
        try:
            for record in records:
                if self._follows(record.stream_pos):
                    self.damage = _LONG
                    return
                self.last, self._length = record.stream_pos, record.content_length
                whole = yield from self._record(record)
                if not whole:
                    self.damage = self._tape.damage or f"a record is cut off: {_SHORT}"
                    return
        except OSError as error:
            self.damage = self._tape.damage or f"no WARC record ({error})"
        self.damage = self.damage or self._tape.damage or self._at_end()

    def _at_end(self) -> str | None:
        """FastWARC takes a header that is cut off, and what is no record at all, for the end."""
        rest = self._tape.since(self.last)
        if rest and not rest.startswith(b"WARC/"):
            return "no WARC record"
        if rest and not _HEADER_END.search(rest):
            return "a record is cut off in its header"
        return _LONG if self._follows(self._tape.position) else None

    def _follows(self, end: int) -> bool:
        """Whether anything stands between the last record and `end`, which FastWARC passes over."""
        if self._tape.position - self.last >= _HISTORY:
            return False
        between = self._tape.since(self.last)[: end - self.last]
        header = _HEADER_END.search(between)
        return bool(header and between[header.end() + self._length :].strip())

    def _record(self, record: Any) -> Generator[Record, None, bool]:
        """Ends in whether the record was whole."""
        if int(record.record_type) not in self._kinds:
            length = record.content_length
            return bool(record.consume() == length)
        place, length = f"@{record.stream_pos}", record.content_length
        if length > MAX_DOCUMENT:
            yield Fault(place, too_large("record"), f"byte {record.stream_pos}")
            return bool(record.consume() == length)
        if record.is_http:
            record.parse_http()
            length = record.content_length
        payload = record.reader.read(length) if length else b""
        if len(payload) < length:
            return False
        if payload or length:
            yield _document(place, record, payload)
        return True


def _document(place: str, record: Any, payload: bytes) -> Record:
    uri = (record.headers.get("WARC-Target-URI") or "").strip("<>")
    names = {"url": uri, "date": record.headers.get("WARC-Date") or "", **({"key": uri} if uri else {})}
    if int(record.record_type) == _CONVERSION:
        return _converted(place, payload, names)
    headers = record.http_headers if record.is_http_parsed else None
    status = headers.status_code if headers is not None else 200
    kind = (record.http_content_type if headers is not None else record.headers.get("Content-Type")) or ""
    where = f"byte {record.stream_pos}, {uri}"
    if status != 200:
        return Fault(place, f"an answer of HTTP status {status}, no page", where, damage=False)
    if kind.split(";")[0].strip().lower() not in _PAGES:
        return Fault(place, f"of type {kind or 'unknown'}, no page", where, damage=False)
    try:
        body = _decoded(payload, headers) if headers is not None else payload
    except (OSError, ValueError) as error:
        return Fault(place, f"its content encoding can't be undone ({error})", where, excerpt(payload))
    if len(body) > MAX_DOCUMENT:
        return Fault(place, too_large("page"), where, excerpt(body))
    return read_page(place, body, record.http_charset if headers is not None else None, **names)


def _converted(place: str, payload: bytes, names: dict[str, str]) -> Record:
    try:
        text, _ = charset.decode(payload)
    except ValueError as error:
        return Fault(place, str(error), names["url"], excerpt(payload))
    return Text(place, text, names.pop("key", None), names)


def _decoded(payload: bytes, headers: Any) -> bytes:
    """The page; crawlers that undid an encoding leave its header, so what isn't encoded is taken as it is."""
    body = payload
    if "chunked" in (headers.get("Transfer-Encoding") or "").lower() and _CHUNK.match(body):
        body = _through(ChunkedReader, body)
    encoding = (headers.get("Content-Encoding") or "").strip().lower()
    if encoding in ("gzip", "x-gzip") and body[:2] == b"\x1f\x8b":
        return _through(GzipReader, body)
    if encoding == "deflate" and body[:1] == b"\x78":
        return _through(lambda stream: GzipReader(stream, zlib=True), body)
    if encoding == "zstd" and body[:4] == b"\x28\xb5\x2f\xfd":
        return _through(ZstdReader, body)
    if encoding == "br" and b"<" not in body[:64]:
        return _through(BrotliReader, body)
    return body


def _through(reader: Any, body: bytes) -> bytes:
    result: bytes = reader(BufferedReader(BytesIO(body))).read(MAX_DOCUMENT + 1)
    return result
