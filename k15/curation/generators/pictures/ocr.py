"""OCR documents: printed English or Chinese on paper, seen as a camera or a scanner sees it (App. B: OCR with
augmented images).

Guarantees: the text is what is printed, line by line; every line is within the page and the page within the picture.
"""

from __future__ import annotations

import random
from dataclasses import asdict

from PIL import Image, ImageDraw

from k15.curation.generators import chinese, english
from k15.curation.generators.pictures import canvas, distort
from k15.curation.generators.pictures.base import Drawn
from k15.curation.generators.pictures.canvas import RGB
from k15.drawing import fonts
from k15.drawing.fonts import wrap

WIDTH, HEIGHT = 512, 384
_MARGIN = 28
_INKS: tuple[RGB, ...] = ((20, 20, 20), (25, 25, 90), (90, 30, 20), (20, 70, 30), (60, 60, 60))
_SHEETS: tuple[tuple[RGB, tuple[RGB, ...]], ...] = (
    *((paper, _INKS) for paper in canvas.PAPERS),
    ((250, 235, 200), _INKS),
    ((225, 240, 250), _INKS),
    ((35, 45, 60), ((240, 240, 230), (250, 220, 120))),
    ((25, 70, 50), ((245, 245, 245), (250, 235, 160))),
)
_TABLES: tuple[RGB, ...] = ((110, 85, 60), (70, 75, 80), (160, 160, 155), (40, 40, 45))


def _page(rng: random.Random, text: str, face: str, spaced: bool) -> tuple[Image.Image, dict[str, object]]:
    size = rng.randint(17, 30)
    font, pitch = fonts.face(face, size), round(size * rng.uniform(1.3, 1.6))
    room = (HEIGHT - 2 * _MARGIN) // pitch
    lines = wrap(text, font.getlength, WIDTH - 2 * _MARGIN - size, spaced)[:room]
    paper, inks = rng.choice(_SHEETS)
    page, ink = Image.new("RGB", (WIDTH, HEIGHT), paper), rng.choice(inks)
    pen, top = ImageDraw.Draw(page), _MARGIN + rng.randint(0, max(0, HEIGHT - 2 * _MARGIN - pitch * len(lines)))
    boxes = []
    for number, line in enumerate(lines):
        place = (_MARGIN, top + number * pitch)
        pen.text(place, line, fill=ink, font=font)
        boxes.append(list(pen.textbbox(place, line, font=font)))
    name = face if spaced else face.rsplit("/", 1)[-1]
    program = {"font": name, "size": size, "ink": ink, "paper": paper, "lines": lines, "boxes": boxes}
    return page, program


def _document(rng: random.Random, text: str, face: str, spaced: bool) -> Drawn:
    page, program = _page(rng, text, face, spaced)
    distortion = distort.draw(rng, WIDTH, HEIGHT)
    image = distort.apply(page, distortion, rng.choice(_TABLES), rng.getrandbits(32))
    lines = "\n".join(program["lines"])  # type: ignore[arg-type]
    if spaced:
        form = rng.choice(("<image>\n{}", "<image>\nText: {}", "<|user|><image>Read the page.<|assistant|>{}<|end|>"))
    else:
        form = rng.choice(("<image>\n{}", "<image>\n文字：{}", "<|user|><image>读出图中的文字。<|assistant|>{}<|end|>"))
    return Drawn(form.format(lines), (canvas.png(image),), {**program, **asdict(distortion)})


def latin(rng: random.Random) -> Drawn:
    """A page of English print."""
    text = "\n".join(english.generate(rng) for _ in range(rng.choice((1, 1, 2))))
    return _document(rng, text, rng.choice(fonts.PRINT), spaced=True)


def han(rng: random.Random) -> Drawn:
    """A page of Chinese print. Needs an installed Chinese font."""
    text = "\n".join(chinese.generate(rng) for _ in range(rng.choice((1, 2, 3))))
    return _document(rng, text, str(fonts.needed_chinese()), spaced=False)
