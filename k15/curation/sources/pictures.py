"""Pictures with text: image folders with captions beside the images, and JSON Lines of texts with their images.

Guarantees: every picture was decoded whole, is of the type that its name says and within a size limit, and comes as
PNG; a text has one `<image>` for each picture. A record with a picture that is not so is `Broken`. Pictures are
taken from beside their file or from the record, never from the network or from elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from k15.curation.document import Broken
from k15.curation.generators.vision import VisionDocument
from k15.curation.sources import archive
from k15.curation.sources.beside import CAPTIONS
from k15.curation.sources.cutting import Span, Unit, suffixes
from k15.curation.sources.images import png
from k15.curation.sources.lines import numbered
from k15.curation.sources.objects import open_url
from k15.curation.sources.params import Source
from k15.curation.sources.places import is_archive, located
from k15.curation.sources.reading import broken, files
from k15.curation.sources.records import Fault, SourceFile, excerpt, parse_json, text_of_fields
from k15.curation.sources.streams import read_whole

MARK = "<image>"


def plain(text: str) -> str:
    """The text alone: a picture's place in it is no text."""
    return text.replace(MARK, "").strip()


def read_pictures(source: Source, unit: Unit, root: Path) -> Iterator[VisionDocument | Broken]:
    """Every document of `unit`, and what can't be read."""
    for span in unit.spans:
        name, shown = span.place.name, span.place.shown
        read = _folder if source.format == "images" else _lines
        empty = True
        for found in read(source, span, root):
            empty = False
            yield found
        if empty and span.stop is None:
            yield broken(source, name, shown, Fault("", "it holds no document"))


def _folder(source: Source, span: Span, root: Path) -> Iterator[VisionDocument | Broken]:
    place = span.place
    for name, found in _captioned(source, span, root):
        if isinstance(found, Fault):
            yield broken(source, name, place.shown, found)
            continue
        data, caption = found
        try:
            picture = png(data, name)
            text = plain(caption)
        except ValueError as error:
            yield broken(source, name, f"{place.shown}: {name}", Fault("", str(error), "", excerpt(data)))
            continue
        kind = source.kind or "caption"
        yield VisionDocument(f"{source.name}/{name}", kind, f"{MARK}\n{text}" if text else MARK, (picture,))


_Captioned = tuple[str, tuple[bytes, str] | Fault]


def _captioned(source: Source, span: Span, root: Path) -> Iterator[_Captioned]:
    """Name of the image, and its data with its caption."""
    place = span.place
    if is_archive(place.name):
        yield from _archived(source, span, root)
        return
    for file in files(span, root, source):
        if isinstance(file, Fault):
            yield place.name, file
            continue
        data, damage = read_whole(file.stream)
        stem = located(place, root).rpartition(".")[0]
        beside = {suffix: text for suffix in CAPTIONS if (text := _beside(stem, suffix)) is not None}
        yield _with_caption(place.name, data, damage, beside, source)


def _beside(stem: str, suffix: str) -> bytes | None:
    for spelt in (suffix, suffix.upper()):
        with contextlib.suppress(FileNotFoundError), open_url(stem + spelt) as stream:
            return read_whole(stream)[0]
    return None


def _archived(source: Source, span: Span, root: Path) -> Iterator[_Captioned]:
    """Members of one stem stand together, as in web datasets."""
    place = span.place
    group: dict[str, tuple[bytes, str | None]] = {}
    stem = ""
    with open_url(located(place, root)) as stream:
        for file in archive.members(place.name, place.shown, stream, (*suffixes(source), *CAPTIONS)):
            if isinstance(file, Fault):
                yield place.name, file
                continue
            own, _, suffix = file.name.rpartition(".")
            if own != stem:
                yield from _grouped(stem, group, source)
                stem, group = own, {}
            group[f".{suffix}"] = read_whole(file.stream)
    yield from _grouped(stem, group, source)


def _grouped(stem: str, group: dict[str, tuple[bytes, str | None]], source: Source) -> Iterator[_Captioned]:
    beside = {suffix.lower(): data for suffix, (data, _) in group.items() if suffix.lower() in CAPTIONS}
    for suffix, (data, damage) in group.items():
        if suffix.lower() not in CAPTIONS:
            yield _with_caption(f"{stem}{suffix}", data, damage, beside, source)


def _with_caption(name: str, data: bytes, damage: str | None, beside: dict[str, bytes], source: Source) -> _Captioned:
    try:
        if damage:
            raise ValueError(damage)
        if ".json" in beside:
            record = parse_json(beside[".json"])
            if not isinstance(record, dict):
                raise ValueError("its caption file is not a JSON object")
            return name, (data, text_of_fields(record, source.fields, None, "").text)
        return name, (data, beside.get(".txt", b"").decode("utf-8-sig"))
    except UnicodeDecodeError:
        return name, Fault("", "its caption is not UTF-8 text")
    except ValueError as error:
        return name, Fault("", str(error), "", excerpt(data))


def _lines(source: Source, span: Span, root: Path) -> Iterator[VisionDocument | Broken]:
    base = None if is_archive(span.place.name) else located(span.place, root).rpartition("/")[0]
    for file in files(span, root, source):
        if isinstance(file, Fault):
            yield broken(source, span.place.name, span.place.shown, file)
            continue
        for place, where, line in numbered(file):
            try:
                if isinstance(line, Fault):
                    yield broken(source, file.name, file.shown, line)
                else:
                    yield _document(source, file, place, parse_json(line), base)
            except ValueError as error:
                fault = Fault(place, str(error), where, "" if isinstance(line, Fault) else excerpt(line))
                yield broken(source, file.name, file.shown, fault)


def _document(source: Source, file: SourceFile, place: str, record: Any, base: str | None) -> VisionDocument:
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    text, references = _interleaved(record, source)
    if references and MARK not in text:
        text = f"{MARK * len(references)}\n{text}"
    if text.count(MARK) != len(references):
        raise ValueError(f"{text.count(MARK)} marks {MARK} for {len(references)} images")
    named = text_of_fields({**record, "text": text}, ["text"], source.id_field, place)
    pictures = []
    for number, reference in enumerate(references, start=1):
        try:
            pictures.append(_picture(reference, base))
        except ValueError as error:
            raise ValueError(f"image {number}: {error}") from None
    name = f"{file.name}{place}" if named.key is None else named.key
    return VisionDocument(f"{source.name}/{name}", source.kind or "interleaved", text, tuple(pictures))


def _interleaved(record: dict[str, Any], source: Source) -> tuple[str, list[Any]]:
    """Text with marks, and the images in their order."""
    value = record.get(source.fields[0])
    images = record.get("images", [])
    if not isinstance(images, list):
        raise ValueError("field 'images' is not a list")
    if isinstance(value, str):
        return value, images
    if not isinstance(value, list):
        raise ValueError(f"field {source.fields[0]!r} is neither a string nor a list of parts")
    texts, inline = [], []
    for part in value:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            part = part["text"]
        if isinstance(part, dict) and "image" in part:
            inline.append(part["image"])
            texts.append(MARK)
        elif isinstance(part, str):
            texts.append(part)
        else:
            raise ValueError("a part is neither text nor image")
    if inline and images:
        raise ValueError("images both among the parts and beside them")
    return "\n".join(texts), inline or images


def _picture(reference: Any, base: str | None) -> bytes:
    if not isinstance(reference, str) or not reference:
        raise ValueError("neither a path nor base64")
    if reference.startswith("data:") or "." not in reference:
        try:
            return png(base64.b64decode(reference.partition(",")[2] or reference, validate=True))
        except binascii.Error as error:
            raise ValueError(f"not base64 ({error})") from None
    path = PurePosixPath(reference)
    if "://" in reference or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{reference[:100]} lies outside the source; put the image beside its file")
    if base is None:
        raise ValueError("an image beside an archive can't be reached; put it into the record as base64")
    url = f"{base}/{reference}" if base else reference
    try:
        with open_url(url) as stream:
            data, damage = read_whole(stream)
    except OSError:
        raise ValueError(f"{reference[:100]} is not there") from None
    if damage:
        raise ValueError(damage)
    return png(data, reference)
