"""Units of a source, as large as one process should take at once.

Guarantees: units depend on the source's files alone, their names and sizes (Parquet: its row groups), so that any
number of workers in any order does the same work; they can be pickled. Large JSON Lines and Parquet files are cut,
small files are put together, everything else is a unit of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from k15.curation.measures.programming import EXTENSIONS
from k15.curation.sources import places
from k15.curation.sources.beside import IMAGES, with_beside
from k15.curation.sources.objects import open_url
from k15.curation.sources.params import Format, Source
from k15.curation.sources.places import Place, located
from k15.curation.sources.records import MIB

UNIT = 16 * MIB
FILES = 2000
_SUFFIXES: dict[Format, tuple[str, ...]] = {
    "jsonl": (".jsonl", ".ndjson"),
    "parquet": (".parquet",),
    "text": (".txt", ".md"),
    "html": (".html", ".htm"),
    "warc": (".warc",),
    "wet": (".wet", ".warc"),
    "images": IMAGES,
    "image_text": (".jsonl", ".ndjson"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A file, or of a cut file the records that begin in [`start`, `stop`): bytes or row groups."""

    place: Place
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    source: str
    number: int
    spans: tuple[Span, ...]


def suffixes(source: Source) -> tuple[str, ...]:
    """Ends of the names of the source's files; for code as plain text those of all known languages."""
    return EXTENSIONS if (source.domain, source.format) == ("code", "text") else _SUFFIXES[source.format]


def units(source: Source, root: Path) -> list[Unit]:
    """All of `source`, in the order of its files' names."""
    together: list[tuple[Span, ...]] = []
    small: list[Span] = []
    size = 0
    for place in with_beside(places.find(source.path, root, suffixes(source)), source.format, root):
        if small and (len(small) == FILES or size + place.size > UNIT):
            together.append(tuple(small))
            small, size = [], 0
        spans = list(_spans(place, source.format, root))
        if len(spans) == 1:
            small += spans
            size += place.size
        else:
            together += [tuple(small)] if small else []
            together += [(span,) for span in spans]
            small, size = [], 0
    together += [tuple(small)] if small else []
    return [Unit(source.name, number, spans) for number, spans in enumerate(together)]


def _spans(place: Place, form: Format, root: Path) -> Iterator[Span]:
    if place.size <= UNIT or not place.name.lower().endswith(_SUFFIXES[form]):
        yield Span(place)
    elif form in ("jsonl", "image_text"):
        for start in range(0, place.size, UNIT):
            yield Span(place, start, min(start + UNIT, place.size))
    elif form == "parquet":
        yield from _row_groups(place, root)
    else:
        yield Span(place)


def _row_groups(place: Place, root: Path) -> Iterator[Span]:
    try:
        with open_url(located(place, root)) as stream:
            footer = pq.ParquetFile(stream).metadata
    except (pa.ArrowException, OSError):
        yield Span(place)  # whoever reads it finds out why
        return
    start, size = 0, 0
    for group in range(footer.num_row_groups):
        row_group = footer.row_group(group)
        packed = sum(row_group.column(i).total_compressed_size for i in range(row_group.num_columns))
        if size and size + packed > UNIT:
            yield Span(place, start, group)
            start, size = group, 0
        size += packed
    yield Span(place, start, footer.num_row_groups)
