"""Contact sheets: the pictures of some documents with their texts below, to be looked at."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence

from PIL import Image, ImageDraw

from k15.curation.generators.pictures import canvas, fonts
from k15.curation.generators.pictures.ocr import wrap
from k15.curation.generators.vision import VisionDocument

_TILE, _PAD, _SIZE, _PITCH = (300, 220), 10, 12, 16
_HAN = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_MARKS = re.compile(r"<\|end\|>|<image>")


def _words(text: str) -> list[str]:
    """The text in the lines that fit below a tile: question, then answer after an arrow."""
    text = _MARKS.sub("", text).replace("<|user|>", "").replace("<|assistant|>", "\n→ ").strip()
    font = fonts.face(_face(text), _SIZE)
    return wrap(text, font.getlength, _TILE[0], spaced=not _HAN.search(text))


def _face(text: str) -> str:
    han = fonts.chinese() if _HAN.search(text) else None
    return str(han) if han else fonts.SANS


def _tile(images: Sequence[bytes]) -> Image.Image:
    """The pictures of one document side by side, in two rows if they are many."""
    tile = Image.new("RGB", _TILE, (255, 255, 255))
    across = len(images) if len(images) < 3 else math.ceil(len(images) / 2)
    down = math.ceil(len(images) / across)
    room = (_TILE[0] // across - 2, _TILE[1] // down - 2)
    for number, picture in enumerate(images):
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        image.thumbnail(room, Image.Resampling.LANCZOS)
        tile.paste(image, (number % across * (room[0] + 2), number // across * (room[1] + 2)))
    return tile


def contact_sheet(documents: Sequence[VisionDocument], columns: int = 4, lines: int = 7) -> bytes:
    """One PNG of all documents, `lines` lines of text each; more text ends in an ellipsis."""
    columns = max(1, min(columns, len(documents)))
    rows = math.ceil(len(documents) / columns)
    width, height = _TILE[0] + 2 * _PAD, _TILE[1] + lines * _PITCH + 3 * _PAD
    sheet = Image.new("RGB", (columns * width, max(1, rows) * height), (222, 222, 222))
    pen = ImageDraw.Draw(sheet)
    for number, document in enumerate(documents):
        left, top = number % columns * width, number // columns * height
        pen.rectangle((left + 3, top + 3, left + width - 4, top + height - 4), fill=(255, 255, 255))
        sheet.paste(_tile(document.images), (left + _PAD, top + _PAD))
        words = _words(document.text)
        if len(words) > lines:
            words = [*words[: lines - 1], f"{words[lines - 1]} …"]
        font = fonts.face(_face("".join(words)), _SIZE)
        for line, text in enumerate(words):
            pen.text((left + _PAD, top + _TILE[1] + 2 * _PAD + line * _PITCH), text, fill=(20, 20, 20), font=font)
    return canvas.png(sheet)
