"""Documents of one unit of a source.

Guarantees: an id is what the source calls the document, or its place in the source, never its position in a run.
What can't be read as declared is a `Broken` with file, place and reason, and the next record is read; with
`damage: refuse` it ends the run with one line. Memory does not depend on the size of the unit (but for the addresses of
crawled pages). Not here: that ids which the source gives come once, and what the text is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from k15.curation.document import Broken, Document
from k15.curation.sources import archive, parquet
from k15.curation.sources.cutting import Span, Unit, suffixes
from k15.curation.sources.lines import jsonl
from k15.curation.sources.objects import open_url
from k15.curation.sources.params import Format, Source
from k15.curation.sources.places import is_archive, located
from k15.curation.sources.records import Fault, Record, SourceFile, Text
from k15.curation.sources.text import page, text
from k15.curation.sources.warc import warc
from k15.errors import UserError

_Reader = Callable[[SourceFile, Source], Iterator[Record]]
_READERS: dict[Format, _Reader] = {
    "jsonl": jsonl,
    "parquet": parquet.records,
    "text": text,
    "html": page,
    "warc": warc,
    "wet": warc,
}


def read(source: Source, unit: Unit, root: Path) -> Iterator[Document | Broken]:
    """Every document of `unit`, unfiltered, and what can't be read."""
    for span in unit.spans:
        for file in files(span, root, source):
            if isinstance(file, Fault):
                yield broken(source, span.place.name, span.place.shown, file)
                continue
            for record in _records(file, source):
                if isinstance(record, Fault):
                    yield broken(source, file.name, file.shown, record)
                else:
                    yield _document(source, file, record)


def _document(source: Source, file: SourceFile, record: Text) -> Document:
    name = f"{file.name}{record.place}" if record.key is None else record.key
    return Document(f"{source.name}/{name}", record.text, source.domain, source.name, source.lang, record.meta)


def broken(source: Source, name: str, shown: str, fault: Fault) -> Broken:
    """The fault for the table of what was left out, if the source allows for faults."""
    place = f"{shown}: {fault.where}" if fault.where else shown
    if source.damage == "refuse" and fault.damage:
        raise UserError(f"{place}: {fault.reason}; correct it, or let source {source.name!r} skip damage")
    return Broken(f"{source.name}/{name}{fault.place}", source.domain, source.name, fault.reason, fault.excerpt)


def files(span: Span, root: Path, source: Source) -> Iterator[SourceFile | Fault]:
    """The file of a span, or those in an archive."""
    place = span.place
    try:
        stream = open_url(located(place, root))
    except FileNotFoundError:
        raise UserError(f"{place.shown}: the file was there and is gone; run again") from None
    except OSError as error:
        yield Fault("", f"it can't be opened ({error.strerror or error})")
        return
    with stream:
        if is_archive(place.name):
            yield from archive.members(place.name, place.shown, stream, suffixes(source))
        else:
            yield SourceFile(place.name, place.shown, stream, span.start, span.stop)


def _records(file: SourceFile, source: Source) -> Iterator[Record]:
    empty = True
    for record in _READERS[source.format](file, source):
        empty = False
        yield record
    if empty and file.stop is None:
        yield Fault("", "it holds no document")
