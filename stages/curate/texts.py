"""First step: generators and sources become parts, one a unit of input, in the texts' normal form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from k15.curation import generators, parts
from k15.curation.document import Broken, Document, Domain
from k15.curation.normalise import normalise
from k15.curation.pieces import Piece
from k15.curation.sources import PICTURES, Source, Unit, read, units
from stages.curate.params import Bundled, CurateParams
from stages.curate.work import Work


def pieces(params: CurateParams, root: Path, work: Work) -> list[Piece]:
    """Of the bundled generators one a domain; of each source as many as its files ask for."""
    place = work.place("generated", params.bundled.model_dump(include={"documents", "junk_share"}), params.seed)
    found = [
        Piece(place / f"{domain}.parquet", partial(_generate, domain=domain, bundled=params.bundled, seed=params.seed))
        for domain, count in params.bundled.documents.items()
        if count
    ]
    for source in sorted(params.sources, key=lambda source: source.name):
        if source.format not in PICTURES:
            for unit in units(source, root):
                place = work.place(f"read-{source.name}", source.model_dump(exclude={"weight"}), fingerprint(unit))
                output = place / f"{unit.number:06d}.parquet"
                found.append(Piece(output, partial(_read, source=source, unit=unit, root=root)))
    return found


def _generate(path: Path, domain: Domain, bundled: Bundled, seed: int) -> None:
    made = generators.generate(domain, bundled.documents[domain], bundled.junk_share, seed)
    parts.write_texts(path, (replace(one, text=normalise(one.text, domain)) for one in made))


def _read(path: Path, source: Source, unit: Unit, root: Path) -> None:
    parts.write_texts(path, _normal(read(source, unit, root)))


def _normal(items: Iterator[Document | Broken]) -> Iterator[Document | Broken]:
    for item in items:
        yield item if isinstance(item, Broken) else replace(item, text=normalise(item.text, item.domain))


def fingerprint(unit: Unit) -> list[Any]:
    """Changes when the content of the unit's files does."""
    return [[one.place.url, one.place.size, one.place.version, one.start, one.stop] for one in unit.spans]
