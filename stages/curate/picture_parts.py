"""First step for pictures: generators and sources become parts of their own.

Guarantees: a row group holds some tens of MiB or one document, however large the pictures are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from k15.curation.document import Broken
from k15.curation.generators import vision
from k15.curation.generators.vision import VisionDocument
from k15.curation.pieces import Piece
from k15.curation.sources import GENERATED, PICTURES, Source, Unit, plain, read_pictures, units
from stages.curate.params import CurateParams
from stages.curate.texts import fingerprint
from stages.curate.work import Work

_DIGEST = 16
_PART = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("text", pa.string()),
        pa.field("images", pa.list_(pa.binary())),
        pa.field("source", pa.string()),
        pa.field("meta", pa.string()),
        pa.field("broken", pa.string()),
        pa.field("characters", pa.int32()),  # of the text, without the places of pictures
        pa.field("digest", pa.binary(_DIGEST)),  # of the text and the pictures
    ]
)
_GROUP_ROWS, _GROUP_BYTES = 256, 32 << 20
_DRAWN = 250
"""Full-size pictures of a piece."""


def drawn(params: CurateParams, work: Work) -> list[Piece]:
    """Of the bundled generators."""
    found = []
    if count := params.bundled.vision_documents:
        place = work.place("pictures", count, params.seed)
        found += [
            Piece(place / f"{kind}.parquet", partial(_generate, kind=kind, count=count, seed=params.seed), size)
            for kind, size in ((kind, round(vision.share(kind) * count)) for kind in vision.KINDS)
        ]
    for kind, count in sorted(params.bundled.pictures.items()):
        place = work.place(f"pictures-{kind}", params.seed)
        for start in range(0, count, _DRAWN):
            size = min(_DRAWN, count - start)
            draw = partial(_draw, kind=kind, start=start, count=size, seed=params.seed)
            found.append(Piece(place / f"{start:07d}-{size}.parquet", draw))
    return found


def declared(params: CurateParams, root: Path, work: Work) -> list[Piece]:
    """Of the sources."""
    found = []
    for source in sorted(params.sources, key=lambda source: source.name):
        if source.format in PICTURES:
            for unit in units(source, root):
                place = work.place(f"pictures-{source.name}", source.model_dump(exclude={"weight"}), fingerprint(unit))
                output = place / f"{unit.number:06d}.parquet"
                found.append(Piece(output, partial(_read, source=source, unit=unit, root=root)))
    return found


def _generate(path: Path, kind: vision.Kind, count: int, seed: int) -> None:
    write(path, vision.generate(kind, count, seed), GENERATED)


def _draw(path: Path, kind: str, start: int, count: int, seed: int) -> None:
    from k15.curation.generators import pictures  # it loads matplotlib, which a corpus without them does not need

    write(path, pictures.generate(kind, count, seed, start), GENERATED)


def _read(path: Path, source: Source, unit: Unit, root: Path) -> None:
    write(path, read_pictures(source, unit, root), source.name)


def write(path: Path, items: Iterable[VisionDocument | Broken], source: str) -> None:
    with pq.ParquetWriter(path, _PART, compression="none") as writer:  # pictures are compressed already
        rows: list[dict[str, Any]] = []
        held = 0
        for item in items:
            rows.append(_row(item, source))
            held += sum(map(len, rows[-1]["images"]))
            if len(rows) == _GROUP_ROWS or held >= _GROUP_BYTES:
                writer.write_table(pa.Table.from_pylist(rows, _PART))
                rows, held = [], 0
        if rows:
            writer.write_table(pa.Table.from_pylist(rows, _PART))


def _row(item: VisionDocument | Broken, source: str) -> dict[str, Any]:
    known = {"id": item.id, "source": source}
    if isinstance(item, Broken):
        return known | {"kind": "", "text": item.excerpt, "images": [], "meta": "{}", "broken": item.reason}
    return known | {
        "kind": item.kind,
        "text": item.text,
        "images": list(item.images),
        "meta": item.meta,
        "characters": len(plain(item.text)),
        "digest": _digest(item),
    }


def _digest(item: VisionDocument) -> bytes:
    found = hashlib.blake2b(item.text.encode(), digest_size=_DIGEST)
    for picture in item.images:
        found.update(hashlib.blake2b(picture, digest_size=_DIGEST).digest())
    return found.digest()
