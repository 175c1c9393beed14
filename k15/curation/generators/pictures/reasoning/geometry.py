"""Geometry: angles of triangles, on a line and at parallels, sides of right triangles, areas and perimeters of
rectangles, L-shapes and circles.

Guarantees: figures are drawn to scale, and what is printed on them is enough for the answer.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.canvas import INK, PAPERS, Canvas, Point

WIDTH, HEIGHT, MARGIN = 440, 360, 62
TRIPLES = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (6, 8, 10), (9, 12, 15), (7, 24, 25), (20, 21, 29), (12, 16, 20))
_BLUE = (30, 80, 200)
Figure = tuple[bytes, str, str, dict[str, Any]]


def _fit(points: list[Point]) -> list[Point]:
    """The points as large as fits, in the middle of the picture; y goes up in figures and down in pictures."""
    (x, y), (u, v) = [tuple(f(p[axis] for p in points) for axis in (0, 1)) for f in (min, max)]
    scale = min((WIDTH - 2 * MARGIN) / (u - x), (HEIGHT - 2 * MARGIN) / (v - y))
    return [(WIDTH / 2 + (px - (x + u) / 2) * scale, HEIGHT / 2 - (py - (y + v) / 2) * scale) for px, py in points]


def _turned(points: list[Point], angle: float) -> list[Point]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return [(x * cosine - y * sine, x * sine + y * cosine) for x, y in points]


def _beside(a: Point, b: Point, inside: Point, distance: float = 24) -> Point:
    """Next to the middle of a side, away from `inside`."""
    x, y, across = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (b[1] - a[1], a[0] - b[0])
    length = math.hypot(*across)
    sign = 1 if (x - inside[0]) * across[0] + (y - inside[1]) * across[1] > 0 else -1
    return x + sign * across[0] / length * distance, y + sign * across[1] / length * distance


def _centre(points: list[Point]) -> Point:
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def _corner(canvas: Canvas, at: Point, a: Point, b: Point, label: str) -> None:
    """An arc between the directions to a and b, and its label on the bisector: farther off in sharp corners."""
    first, second = (math.degrees(math.atan2(p[1] - at[1], p[0] - at[0])) for p in (a, b))
    if (second - first) % 360 > 180:
        first, second = second, first
    span = (second - first) % 360
    canvas.arc(at, 26, first, first + span, _BLUE)
    away = 44 + max(0.0, 60 - span) * 0.75
    middle = math.radians(first + span / 2)
    canvas.text((at[0] + away * math.cos(middle), at[1] + away * math.sin(middle)), label, 17, _BLUE)


def _sheet(rng: random.Random) -> Canvas:
    return Canvas(WIDTH, HEIGHT, rng.choice(PAPERS))


def _triangle(rng: random.Random) -> Figure:
    angles = [rng.randint(28, 85), rng.randint(28, 85)]
    angles.append(180 - sum(angles))
    if angles[2] < 28:
        return _triangle(rng)
    _, b, c = (math.sin(math.radians(angle)) for angle in angles)
    apex = (b * math.cos(math.radians(angles[0])), b * math.sin(math.radians(angles[0])))
    points = _turned([(0, 0), (c, 0), apex], rng.uniform(-0.4, 0.4))
    shown, canvas, hidden = _fit(points), _sheet(rng), rng.randrange(3)
    canvas.polygon(shown, edge=INK)
    for number, at in enumerate(shown):
        label = "?" if number == hidden else f"{angles[number]}°"
        _corner(canvas, at, shown[number - 1], shown[(number + 1) % 3], label)
    question = "What is the size of the angle with the question mark?"
    return canvas.png(), question, f"{angles[hidden]}°", {"form": "triangle", "points": points, "hidden": hidden}


def _right(rng: random.Random) -> Figure:
    a, b, c = rng.choice(TRIPLES)
    if rng.random() < 0.5:
        a, b = b, a
    points = _turned([(0, 0), (a, 0), (0, b)], rng.uniform(-0.3, 0.3))
    shown, canvas, hidden = _fit(points), _sheet(rng), rng.randrange(3)
    canvas.polygon(shown, edge=INK)
    (x, y), p, q = shown
    along = [((e[0] - x) / math.dist(e, shown[0]) * 18, (e[1] - y) / math.dist(e, shown[0]) * 18) for e in (p, q)]
    (e, f), (g, h) = along
    canvas.line([(x + e, y + f), (x + e + g, y + f + h), (x + g, y + h)])
    for number, (start, end, length) in enumerate(((0, 1, a), (1, 2, c), (2, 0, b))):
        label = "?" if number == hidden else str(length)
        canvas.text(_beside(shown[start], shown[end], _centre(shown)), label, 20, _BLUE)
    question = "How long is the side with the question mark?"
    answer = str((a, c, b)[hidden])
    return canvas.png(), question, answer, {"form": "right", "points": points, "hidden": hidden}


def _measure(rng: random.Random, points: list[Point]) -> tuple[str, str]:
    """Area or perimeter of a figure with right angles only."""
    sides = list(zip(points, points[1:] + points[:1], strict=True))
    if rng.random() < 0.5:
        return "What is the perimeter of the figure?", f"{sum(math.dist(a, b) for a, b in sides):g}"
    return "What is the area of the figure?", f"{abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in sides)) / 2:g}"


def _rectangle(rng: random.Random) -> Figure:
    width, height = rng.sample(range(3, 16), 2)
    points: list[Point] = [(0, 0), (width, 0), (width, height), (0, height)]
    shown, canvas = _fit(points), _sheet(rng)
    canvas.polygon(shown, (235, 240, 250), INK)
    for start, end, label in ((0, 1, width), (1, 2, height)):
        canvas.text(_beside(shown[start], shown[end], _centre(shown)), str(label), 20, _BLUE)
    return canvas.png(), *_measure(rng, points), {"form": "polygon", "points": points}


def _corner_shape(rng: random.Random) -> Figure:
    width, height = rng.randint(6, 12), rng.randint(5, 9)
    cut, deep = rng.randint(2, width - 3), rng.randint(2, height - 2)
    points: list[Point] = [
        (0, 0), (width, 0), (width, height - deep), (width - cut, height - deep), (width - cut, height), (0, height),
    ]  # fmt: skip
    shown, canvas = _fit(points), _sheet(rng)
    canvas.polygon(shown, (240, 245, 235), INK)
    roomy = min(math.dist(shown[2], shown[3]), math.dist(shown[3], shown[4])) > 80
    for start in range(6):  # what the sides of a small notch measure follows from the others
        if roomy or start not in (2, 3):
            end, inside = (start + 1) % 6, _centre([shown[0], shown[3]])
            place = _beside(shown[start], shown[end], inside)
            canvas.text(place, f"{math.dist(points[start], points[end]):g}", 19, _BLUE)
    return canvas.png(), *_measure(rng, points), {"form": "polygon", "points": points}


def _circle(rng: random.Random) -> Figure:
    radius, canvas, centre = rng.randint(2, 15), _sheet(rng), (WIDTH / 2, HEIGHT / 2)
    canvas.disc(centre, 115, (235, 240, 250), INK)
    canvas.disc(centre, 3.5, INK)
    by = rng.choice(("radius", "diameter"))
    canvas.line([centre if by == "radius" else (centre[0] - 115, centre[1]), (centre[0] + 115, centre[1])], _BLUE)
    number = radius if by == "radius" else 2 * radius
    canvas.text((centre[0] + (57 if by == "radius" else 0), centre[1] - 18), str(number), 20, _BLUE)
    program = {"form": "circle", "shown": by, "number": number}
    if rng.random() < 0.5:
        return canvas.png(), "What is the area of the circle, in terms of π?", f"{radius**2}π", program
    return canvas.png(), "What is the circumference of the circle, in terms of π?", f"{2 * radius}π", program


def _line(rng: random.Random) -> Figure:
    """Two or three angles that make a straight line."""
    count = rng.choice((2, 3))
    cuts = sorted(rng.sample(range(30, 151), count - 1))
    angles = [b - a for a, b in zip([0, *cuts], [*cuts, 180], strict=True)]
    if min(angles) < 28:
        return _line(rng)
    at, canvas, hidden = (WIDTH / 2, HEIGHT * 0.68), _sheet(rng), rng.randrange(count)
    ends = [(at[0] + 170 * math.cos(math.radians(a)), at[1] - 170 * math.sin(math.radians(a))) for a in [0, *cuts, 180]]
    for end in ends:
        canvas.line([at, end])
    for number in range(count):
        _corner(canvas, at, ends[number + 1], ends[number], "?" if number == hidden else f"{angles[number]}°")
    program = {"form": "line", "ends": ends, "at": at, "hidden": hidden}
    return canvas.png(), "What is the size of the angle with the question mark?", f"{angles[hidden]}°", program


def _parallels(rng: random.Random) -> Figure:
    """Two parallels cut by a third line: an angle is printed at one of them, another asked at the other."""
    angle, canvas = rng.choice((*range(40, 81), *range(100, 141))), _sheet(rng)
    lean = 150 / math.tan(math.radians(angle))
    crossings = [(WIDTH / 2 + lean / 2, 105.0), (WIDTH / 2 - lean / 2, 255.0)]
    slope = (lean / 150 * 62, -62.0)
    for _, y in crossings:
        canvas.line([(40, y), (WIDTH - 40, y)])
        canvas.text((WIDTH - 32, y), "▸", 20)
    (x, y), (u, v) = crossings
    canvas.line([(x + slope[0], y + slope[1]), (u - slope[0], v - slope[1])])
    # Each corner as the directions of its two sides.
    up, down = (slope[0], slope[1]), (-slope[0], -slope[1])
    corners: dict[str, tuple[Point, Point]] = {
        "right above": ((1, 0), up),
        "left above": ((-1, 0), up),
        "right below": ((1, 0), down),
        "left below": ((-1, 0), down),
    }
    given, wanted = rng.choice(list(corners)), rng.choice(list(corners))
    sizes = {name: angle if name in ("right above", "left below") else 180 - angle for name in corners}
    for (px, py), corner, label in zip(crossings, (given, wanted), (f"{sizes[given]}°", "?"), strict=True):
        (a, b), (c, d) = corners[corner]
        _corner(canvas, (px, py), (px + a, py + b), (px + c, py + d), label)
    program = {"form": "parallels", "crossings": crossings, "given": [given, sizes[given]], "wanted": wanted}
    question = "The marked lines are parallel. What is the size of the angle with the question mark?"
    return canvas.png(), question, f"{sizes[wanted]}°", program


_FORMS: tuple[Callable[[random.Random], Figure], ...] = (
    _triangle, _right, _rectangle, _corner_shape, _circle, _line, _parallels,
)  # fmt: skip


def draw(rng: random.Random) -> Drawn:
    """One figure with one question."""
    picture, question, answer, program = rng.choice(_FORMS)(rng)
    return Drawn(asked(question, answer), (picture,), {**program, "question": question, "answer": answer})
