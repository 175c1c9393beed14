"""Panels: small cells with one to four equal shapes, of which series and matrices are made, and answers to choose
from."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from typing import Any

from k15.curation.generators.pictures.canvas import COLOURS, GREY, Canvas, Point

CELL = 92
SHAPES = ("circle", "square", "triangle", "star", "hexagon", "cross")
PALETTE = ("red", "blue", "green", "yellow", "purple", "black")
SIZES = ("small", "medium", "large")
COUNTS = (1, 2, 3, 4)
VALUES: dict[str, tuple[Any, ...]] = {"shape": SHAPES, "colour": PALETTE, "size": SIZES, "count": COUNTS}
_RADIUS = {"small": 8, "medium": 12, "large": 18}
_PLACES: dict[int, tuple[Point, ...]] = {
    1: ((0, 0),), 2: ((-0.24, 0), (0.24, 0)), 3: ((0, -0.22), (-0.24, 0.22), (0.24, 0.22)),
    4: ((-0.24, -0.24), (0.24, -0.24), (-0.24, 0.24), (0.24, 0.24)),
}  # fmt: skip


@dataclass(frozen=True)
class Panel:
    shape: str
    colour: str
    size: str
    count: int


def paint(canvas: Canvas, panel: Panel | None, left_top: Point, letter: str = "") -> None:
    """One cell; a question mark for a missing panel; `letter` below it."""
    left, top = left_top
    canvas.box(left_top, (left + CELL, top + CELL), (255, 255, 255), GREY)
    middle = (left + CELL / 2, top + CELL / 2)
    if panel is None:
        canvas.text(middle, "?", 44)
    else:
        for x, y in _PLACES[panel.count]:
            place = (middle[0] + x * CELL, middle[1] + y * CELL)
            canvas.shape(panel.shape, place, _RADIUS[panel.size], COLOURS[panel.colour])
    if letter:
        canvas.text((middle[0], top + CELL + 16), letter, 20)


def options(rng: random.Random, right: Panel, count: int) -> list[Panel]:
    """The right panel among others that differ from it in one or two attributes."""
    chosen = [right]
    while len(chosen) < count:
        wrong = right
        for attribute in rng.sample(list(VALUES), rng.randint(1, 2)):
            wrong = replace(wrong, **{attribute: rng.choice(VALUES[attribute])})
        if wrong not in chosen:
            chosen.append(wrong)
    rng.shuffle(chosen)
    return chosen


def data(panels: list[Panel]) -> list[dict[str, object]]:
    return [asdict(panel) for panel in panels]
