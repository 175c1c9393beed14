"""Vision-language documents: those of the bundled generators and those of sources, as parts of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from k15.curation.captions import limit_synthetic
from k15.curation.document import Broken
from k15.curation.generators import vision
from k15.curation.generators.vision import VisionDocument
from k15.curation.mixture import split_of
from k15.curation.pieces import Piece
from k15.curation.sources import GENERATED, PICTURES, Source, Unit, read_pictures, units
from stages.curate.params import CurateParams
from stages.curate.texts import fingerprint
from stages.curate.work import Work, names

_PART = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("text", pa.string()),
        pa.field("images", pa.list_(pa.binary())),
        pa.field("source", pa.string()),
        pa.field("meta", pa.string()),
        pa.field("broken", pa.string()),
    ]
)
_BATCH = 256
_DRAWN = 250
"""Full-size pictures of a piece."""


def pieces(params: CurateParams, root: Path, work: Work) -> list[Piece]:
    found = []
    if count := params.bundled.vision_documents:
        place = work.place("pictures", count, params.seed)
        found.append(Piece(place / "generated.parquet", partial(_generate, count=count, seed=params.seed)))
    for kind, count in sorted(params.bundled.pictures.items()):
        place = work.place(f"pictures-{kind}", params.seed)
        for start in range(0, count, _DRAWN):
            size = min(_DRAWN, count - start)
            draw = partial(_draw, kind=kind, start=start, count=size, seed=params.seed)
            found.append(Piece(place / f"{start:07d}-{size}.parquet", draw))
    for source in sorted(params.sources, key=lambda source: source.name):
        if source.format in PICTURES:
            for unit in units(source, root):
                place = work.place(f"pictures-{source.name}", source.model_dump(exclude={"weight"}), fingerprint(unit))
                output = place / f"{unit.number:06d}.parquet"
                found.append(Piece(output, partial(_read, source=source, unit=unit, root=root)))
    return found


def _generate(path: Path, count: int, seed: int) -> None:
    _write(path, vision.generate(count, seed), GENERATED)


def _draw(path: Path, kind: str, start: int, count: int, seed: int) -> None:
    from k15.curation.generators import pictures  # it loads matplotlib, which a corpus without them does not need

    _write(path, pictures.generate(kind, count, seed, start), GENERATED)


def _read(path: Path, source: Source, unit: Unit, root: Path) -> None:
    _write(path, read_pictures(source, unit, root), source.name)


def _write(path: Path, items: Iterable[VisionDocument | Broken], source: str) -> None:
    with pq.ParquetWriter(path, _PART, compression="none") as writer:  # pictures are compressed already
        rows: list[dict[str, Any]] = []
        for item in items:
            rows.append(_row(item, source))
            if len(rows) == _BATCH:
                writer.write_table(pa.Table.from_pylist(rows, _PART))
                rows = []
        if rows:
            writer.write_table(pa.Table.from_pylist(rows, _PART))


def _row(item: VisionDocument | Broken, source: str) -> dict[str, Any]:
    known = {"id": item.id, "source": source}
    if isinstance(item, Broken):
        return known | {"kind": "", "text": item.excerpt, "images": [], "meta": "{}", "broken": item.reason}
    images = list(item.images)
    return known | {"kind": item.kind, "text": item.text, "images": images, "meta": item.meta, "broken": None}


def _tables(files: Sequence[Path], columns: Sequence[str], broken: bool = False) -> Iterator[pa.Table]:
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH, columns=[*columns, "broken"]):
                rows = pa.Table.from_batches([batch])
                yield rows.filter((pc.is_valid if broken else pc.is_null)(rows["broken"])).select(list(columns))


def rows(files: Sequence[Path], params: CurateParams) -> Iterator[pa.Table]:
    """The rows of the `vision_document` schema, without the synthetic captions that are too many (App. B)."""
    out = pa.array(sorted(_surplus(files, params)), pa.string())
    for table in _tables(files, ("id", "kind", "text", "images", "source", "meta")):
        table = table.filter(pc.invert(pc.is_in(table["id"], out)))
        splits = [split_of(name, params.validation_fraction, params.seed) for name in table["id"].to_pylist()]
        yield table.append_column("split", pa.array(splits, pa.string()))


def _surplus(files: Sequence[Path], params: CurateParams) -> set[str]:
    """Synthetic captions beyond their share."""
    ids: list[str] = []
    synthetic: list[bool] = []
    for table in _tables(files, ("id", "kind", "source")):
        captions = table.filter(pc.equal(table["kind"], "caption"))
        ids += captions["id"].to_pylist()
        synthetic += [source == GENERATED for source in captions["source"].to_pylist()]
    stay = limit_synthetic(ids, synthetic, params.synthetic_captions, params.seed)
    return {name for name, kept in zip(ids, stay, strict=True) if not kept}


def texts(files: Sequence[Path], params: CurateParams) -> Iterator[str]:
    """Those of the training documents; a picture's place in a text is no text."""
    for table in _tables(files, ("id", "text")):
        for name, text in zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True):
            if split_of(name, params.validation_fraction, params.seed) == "train":
                yield text.replace("<image>", "")


def texts_on(files: Sequence[Path], params: CurateParams) -> list[Any]:
    """What `texts` depends on."""
    return [names(files), params.validation_fraction, params.seed]


def counts(files: Sequence[Path]) -> dict[str, int]:
    """Documents by kind, and `unreadable`."""
    found: Counter[str] = Counter()
    for table in _tables(files, ("kind",)):
        found.update(table["kind"].to_pylist())
    if lost := sum(table.num_rows for table in _tables(files, ("id",), broken=True)):
        found["unreadable"] = lost
    return dict(sorted(found.items()))
