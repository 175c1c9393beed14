"""Contact sheets: the pictures of some documents with their texts below, to be looked at.

Guarantees: the size depends on the number of documents alone; small pictures are enlarged, large ones made small.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence

from PIL import Image, ImageDraw

from k15.drawing import fonts
from k15.drawing.fonts import wrap

_TILE, _PAD, _SIZE, _PITCH = (300, 220), 10, 12, 16
_HAN = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_MOST = 12
"""Pictures of a document."""
_CODE = re.compile(r"```\w+\n(.*?)```", re.S)


def _face(text: str) -> str:
    han = fonts.chinese() if _HAN.search(text) else None
    return str(han) if han else fonts.SANS


def _lines(text: str, most: int) -> list[str]:
    """At most `most` lines: question, then answer after an arrow; code as it stands; an ellipsis for what is left
    out."""
    text = text.replace("<|end|>", "").replace("<|user|>", "").replace("<|assistant|>", "\n→ ")
    text = re.sub(r" *<image> *\n?", " ▢ " if text.count("<image>") > 1 else "\n", text).strip()
    font = fonts.face(_face(text), _SIZE)
    lines: list[str] = []
    for part, piece in enumerate(_CODE.split(text)):
        spaced = not _HAN.search(piece)
        lines += piece.rstrip().split("\n") if part % 2 else wrap(piece, font.getlength, _TILE[0], spaced)
    for number, line in enumerate(lines[:most]):
        more = number == most - 1 and len(lines) > most
        short = line
        while font.getlength(short + " …" * (more or short != line)) > _TILE[0]:
            short = short[:-1]
        lines[number] = short + " …" * (more or short != line)
    return lines[:most]


def _tile(images: Sequence[bytes]) -> Image.Image:
    """The pictures of one document side by side, in two rows if they are many; the first `_MOST` of them."""
    tile, images = Image.new("RGB", _TILE, (255, 255, 255)), images[:_MOST]
    if not images:
        return tile
    across = len(images) if len(images) < 3 else math.ceil(len(images) / 2)
    down = math.ceil(len(images) / across)
    room, pen = (_TILE[0] // across, _TILE[1] // down), ImageDraw.Draw(tile)
    for number, picture in enumerate(images):
        image = _fitted(Image.open(io.BytesIO(picture)).convert("RGB"), room[0] - 4, room[1] - 4)
        left = number % across * room[0] + (room[0] - image.width) // 2
        top = number // across * room[1] + (room[1] - image.height) // 2
        tile.paste(image, (left, top))
        pen.rectangle((left - 1, top - 1, left + image.width, top + image.height), outline=(190, 190, 190))
    return tile


def _fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    """Enlarged by a whole factor, so that pixels stay pixels, or made small."""
    if (factor := min(width // image.width, height // image.height)) > 1:
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    image.thumbnail((width, height), Image.Resampling.LANCZOS)
    return image


def contact_sheet(documents: Sequence[tuple[str, Sequence[bytes]]], columns: int = 4, lines: int = 7) -> Image.Image:
    """One picture of all documents, each a text and its pictures, with `lines` lines of text."""
    columns = max(1, min(columns, len(documents)))
    rows = math.ceil(len(documents) / columns)
    width, height = _TILE[0] + 2 * _PAD, _TILE[1] + lines * _PITCH + 3 * _PAD
    sheet = Image.new("RGB", (columns * width, max(1, rows) * height), (222, 222, 222))
    pen = ImageDraw.Draw(sheet)
    for number, (words, images) in enumerate(documents):
        left, top = number % columns * width, number // columns * height
        pen.rectangle((left + 3, top + 3, left + width - 4, top + height - 4), fill=(255, 255, 255))
        sheet.paste(_tile(images), (left + _PAD, top + _PAD))
        text = _lines(words, lines)
        font = fonts.face(_face("".join(text)), _SIZE)
        for line, shown in enumerate(text):
            pen.text((left + _PAD, top + _TILE[1] + 2 * _PAD + line * _PITCH), shown, fill=(20, 20, 20), font=font)
    return sheet
