"""Vision families: rendered text, counting and charts, drawn on a small canvas (App. B: text-rendered images,
synthetic visual reasoning, chart interpretation).

A problem's caption says all that its picture shows; `page` draws whole pages of print, which are read line by line.
Pictures vary in place, size, colours and noise; a held-out picture is one whose content and layout were never
drawn for training. Answers are near uniform over ten values or more, so a blanked image leaves only chance.
"""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageFont

from k15.tasks.problem import Draft, Family
from k15.tasks.traces import Step, long_trace, short_trace

SIZE = 64
GRID = 4
CELL = SIZE // GRID
INKS = {"black": (20, 20, 20), "blue": (20, 20, 90), "brown": (80, 30, 20), "green": (15, 60, 25)}
COLOURS = {"red": (208, 40, 40), "green": (30, 150, 60), "blue": (40, 70, 210), "black": (20, 20, 20)}


def _canvas(rng: random.Random) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    shade = rng.randint(225, 255)
    image = Image.new("RGB", (SIZE, SIZE), (shade, shade, shade))
    return image, ImageDraw.Draw(image)


def png(image: Image.Image) -> bytes:
    """The picture as PNG bytes."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _print(draw: ImageDraw.ImageDraw, rng: random.Random, glyphs: dict[int, str], ink: str, size: int) -> None:
    """Write one glyph a cell (0 … 15, row by row), as in monospaced print."""
    font = ImageFont.load_default(size)
    for cell, glyph in glyphs.items():
        place = (cell % GRID * CELL + rng.randint(2, 4), cell // GRID * CELL + rng.randint(6, 8))
        draw.text(place, glyph, fill=INKS[ink], font=font, anchor="lm")


def page(rng: random.Random) -> tuple[str, bytes]:
    """A full page of print and its text, digits with a sign here and there; no `rendered` problem holds that many.
    The text has no line breaks: all over the page, a glyph's token is equally far from the patch that it is printed
    on, and copying at a fixed distance is what a young model learns first."""
    picture, draw = _canvas(rng)
    glyphs = [rng.choice("0123456789") for _ in range(GRID * GRID)]
    for cell in range(rng.randint(1, 3), len(glyphs), 3):
        if rng.random() < 0.4:
            glyphs[cell] = rng.choice("+=")
    _print(draw, rng, dict(enumerate(glyphs)), rng.choice(list(INKS)), rng.randint(17, 19))
    return "".join(glyphs), png(picture)


def _draft(
    rng: random.Random,
    content: str,
    question: str,
    plan: str,
    picture: Image.Image,
    caption: str,
    steps: list[Step],
    answer: str,
) -> Draft:
    short, long = short_trace(steps, answer), long_trace(rng, plan, steps, answer)
    return Draft(content, question, answer, short, long, (png(picture),), caption)


def rendered(rng: random.Random, difficulty: int) -> Draft:
    """Read a number of two digits (1) or three (2), printed from the margin of a line, or read and solve a sum (3)."""
    picture, draw = _canvas(rng)
    if difficulty == 3:
        first, second = rng.randrange(10), rng.randrange(10)
        text, answer = f"{first}+{second}", str(first + second)
    else:
        text = answer = "".join(rng.choice("0123456789") for _ in range(difficulty + 1))
    ink, size = rng.choice(list(INKS)), rng.randint(17, 19)
    line = rng.randrange(GRID)
    _print(draw, rng, {line * GRID + column: glyph for column, glyph in enumerate(text)}, ink, size)
    steps = [Step("I read", text, text, f"{rng.randint(10, 99)}")]
    if difficulty == 3:
        steps.append(Step(f"{text}=", answer, f"{answer}-{second}={first}", str(rng.randrange(19))))
    question = "Solve the sum." if difficulty == 3 else rng.choice(("Read the number.", "What is written?"))
    layout = f"{text} {ink} {size} {line}"
    return _draft(rng, layout, question, "read", picture, text, steps, answer)


def counting(rng: random.Random, difficulty: int) -> Draft:
    """Count circles: alone (1), or among as many as four squares (2)."""
    picture, draw = _canvas(rng)
    circles, squares = rng.randint(1, 9), rng.randint(0, 4) if difficulty == 2 else 0
    cells = rng.sample(range(GRID * GRID), circles + squares)
    colour = rng.choice(list(COLOURS))
    for index, cell in enumerate(cells):
        x, y = cell % GRID * CELL + rng.randint(2, 4), cell // GRID * CELL + rng.randint(2, 4)
        box = (x, y, x + 10, y + 10)
        (draw.ellipse if index < circles else draw.rectangle)(box, fill=COLOURS[colour])
    answer = str(circles)
    steps = [Step("I count", answer, f"{circles} and {squares} squares", str(rng.randint(1, 9)))]
    layout = f"{circles} {squares} {colour} {sorted(cells[:circles])} {sorted(cells[circles:])}"
    caption = f"circles {circles}, squares {squares}"
    return _draft(rng, layout, "How many circles?", "count", picture, caption, steps, answer)


def charts(rng: random.Random, difficulty: int) -> Draft:
    """Read a bar chart: one bar's height (1), or the sum of the red and the blue bar (2)."""
    picture, draw = _canvas(rng)
    names = rng.sample(list(COLOURS), 4)
    heights = {name: rng.randint(1, 9) for name in names}
    for column, name in enumerate(names):
        draw.rectangle((4 + column * 15, 60 - heights[name] * 6, 14 + column * 15, 60), fill=COLOURS[name])
    draw.line((1, 61, 62, 61), fill=(0, 0, 0))
    if difficulty == 1:
        name = rng.choice(names)
        answer = str(heights[name])
        question = f"How tall is the {name} bar?"
        steps = [Step(f"{name} is", answer, f"{name} {answer}", str(rng.randint(1, 9)))]
    else:
        red, blue = heights["red"], heights["blue"]
        answer = str(red + blue)
        question = "Red plus blue?"
        steps = [
            Step("red is", str(red), f"red {red}", str(rng.randint(1, 9))),
            Step("blue is", str(blue), f"blue {blue}", str(rng.randint(1, 9))),
            Step(f"{red}+{blue}=", answer, f"{answer}-{blue}={red}", str(rng.randint(2, 18))),
        ]
    layout = " ".join(f"{name}{heights[name]}" for name in names)
    caption = "bars " + ", ".join(f"{name} {heights[name]}" for name in names)
    return _draft(rng, layout, question, "read", picture, caption, steps, answer)


VISION_FAMILIES = (
    Family("rendered", "vision", "text-rendered", (1, 2, 3), rendered, vision=True),
    Family("counting", "vision", "visual-reasoning", (1, 2), counting, vision=True),
    Family("charts", "vision", "charts", (1, 2), charts, vision=True),
)
