"""Solves the reasoning puzzles by other ways than their generators: rules are guessed from the panels, mazes and
clocks are read from the pixels, figures are measured from their points."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from k15.curation.generators.pictures.checks.pixels import NotSeen, like, read

Program = dict[str, Any]
_ATTRIBUTES = ("shape", "colour", "size", "count")


def _choice(program: Program, fits: Callable[[str, Any], bool]) -> str | None:
    """The letter of the only option all of whose attributes fit."""
    right = [n for n, option in enumerate(program["options"]) if all(fits(a, option[a]) for a in _ATTRIBUTES)]
    return "ABCDEF"[right[0]] if len(right) == 1 else None


def sequence(program: Program) -> str | None:
    """A value fits if it goes on with the shortest period that the shown ones have."""

    def fits(attribute: str, value: Any) -> bool:
        shown = [panel[attribute] for panel in program["shown"]]
        period = next(p for p in (1, 2, 3, 4, 5) if shown[p:] == shown[:-p])
        return bool(period <= 3 and value == shown[len(shown) - period])

    return _choice(program, fits)


def _matrix_values(rows: list[list[Any]]) -> set[Any]:
    """What the last place may be under any rule that holds for all the rest."""
    (a, b, c), (d, e, f), (g, h) = rows
    found = set()
    if a == b == c and d == e == f and g == h:
        found.add(g)  # the same along rows
    if a == d == g and b == e == h and c == f:
        found.add(c)  # the same along columns
    if len({a, b, c}) == 3 and {a, b, c} == {d, e, f} and g != h and {g, h} < {a, b, c} and len({a, d, g}) == 3:
        found |= {a, b, c} - {g, h}  # three values, each once in a row
    numbers = all(isinstance(value, int) for row in rows for value in row)
    if numbers and b - a == c - b == e - d == f - e == h - g != 0:
        found.add(h + (h - g))  # a step
    return found


def matrix(program: Program) -> str | None:
    """A value fits if it is the only one that any rule allows."""

    def fits(attribute: str, value: Any) -> bool:
        shown = [panel[attribute] for panel in program["shown"]]
        return _matrix_values([shown[:3], shown[3:6], shown[6:]]) == {value}

    return _choice(program, fits)


def maze(program: Program, asked: str, picture: bytes) -> str | None:
    """Walls read from the pixels between cells; a flood from the green cell."""
    pixels, size = read(picture), program["size"]
    cell = 400 / size
    dark = like(pixels, (30, 30, 30), 60)

    def wall(a: tuple[int, int], b: tuple[int, int]) -> bool:
        y, x = (20 + ((a[axis] + b[axis]) / 2 + 0.5) * cell for axis in (0, 1))
        return bool(dark[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4].any())

    def cell_of(colour: tuple[int, int, int]) -> tuple[int, int]:
        rows, columns = np.nonzero(like(pixels, colour, 20))
        if not rows.size:
            raise NotSeen(f"a cell of the colour {colour}")
        return int((np.median(rows) - 20) // cell), int((np.median(columns) - 20) // cell)

    steps = {"up": (-1, 0), "right": (0, 1), "down": (1, 0), "left": (0, -1)}
    ways: dict[tuple[int, int], list[str]] = {cell_of((90, 190, 100)): []}
    front = list(ways)
    while front:
        row, column = front.pop(0)
        for name, (down, right) in steps.items():
            near = (row + down, column + right)
            inside = all(0 <= index < size for index in near)
            if inside and near not in ways and not wall((row, column), near):
                ways[near] = [*ways[row, column], name]
                front.append(near)
    if asked.startswith("Which of the lettered"):
        reached = [letter for letter in "ABCD" if tuple(program["marks"][letter]) in ways]
        return ", ".join(reached) or "None"
    goal = cell_of((225, 70, 70))
    if goal not in ways:
        raise NotSeen("a way")
    way = ways[goal]
    return str(len(way)) if asked.startswith("How many steps") else ", ".join(way)


def _shown_time(program: Program, picture: bytes) -> int:
    """Minutes since twelve, from the directions of the hands in the picture."""
    pixels = read(picture)
    angles = []
    for hand in ("hour", "minute"):
        rows, columns = np.nonzero(like(pixels, tuple(program["hands"][hand]), 40))
        y, x = rows - pixels.shape[0] / 2, columns - pixels.shape[1] / 2
        far = np.hypot(x, y) > 20
        if not far.any():
            raise NotSeen(f"the {hand} hand")
        angles.append(math.degrees(math.atan2(x[far].mean(), -y[far].mean())) % 360)
    minute = round(angles[1] / 6) % 60
    hour = round((angles[0] - minute / 2) / 30) % 12
    return hour * 60 + minute


def clock(program: Program, asked: str, picture: bytes) -> str | None:
    time = _shown_time(program, picture)
    if asked.startswith("How many degrees"):
        apart = abs((time % 720) * 0.5 - (time % 60) * 6)
        return f"{min(apart, 360 - apart):g}"
    moved = re.search(r"(\d+) minutes", asked)
    if moved:
        time += int(moved[1]) if "will" in asked else -int(moved[1])
    return f"{(time // 60 - 1) % 12 + 1}:{time % 60:02d}"


def graph(program: Program, asked: str) -> str | None:
    """Lightest ways by relaxing all pairs."""
    nodes, edges = list(program["nodes"]), program["edges"]
    weight = {(a, b): 0 if a == b else math.inf for a in nodes for b in nodes}
    hops = dict(weight)
    for a, b, w in edges:
        weight[a, b] = weight[b, a] = w
        hops[a, b] = hops[b, a] = 1
    for via, a, b in itertools.product(nodes, repeat=3):
        weight[a, b] = min(weight[a, b], weight[a, via] + weight[via, b])
        hops[a, b] = min(hops[a, b], hops[a, via] + hops[via, b])
    if asked == "How many edges are there?":
        return str(len({frozenset(edge[:2]) for edge in edges}))
    names = re.findall(r"\b([A-J])\b", asked.removeprefix("Is"))
    near = [n for n in nodes if any({n, names[0]} == {a, b} for a, b, _ in edges)]
    if asked.startswith("How many edges meet"):
        return str(len(near))
    if asked.startswith("Which nodes"):
        return ", ".join(sorted(near)) or "None"
    if asked.startswith("Is there a way"):
        return "Yes" if weight[names[0], names[1]] < math.inf else "No"
    return str((weight if "weight" in asked else hops)[names[0], names[1]])


def _angle(at: Any, a: Any, b: Any) -> float:
    u, v = np.subtract(a, at), np.subtract(b, at)
    return math.degrees(math.acos(np.dot(u, v) / np.linalg.norm(u) / np.linalg.norm(v)))


def _size(points: list[list[float]], asked: str) -> str:
    x, y = np.array(points).T
    if "perimeter" in asked:
        return f"{np.hypot(np.roll(x, -1) - x, np.roll(y, -1) - y).sum():g}"
    return f"{abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2:g}"


def geometry(program: Program, asked: str) -> str | None:
    form, points, hidden = program["form"], program.get("points", []), program.get("hidden", 0)
    if form == "triangle":
        return f"{_angle(points[hidden], points[hidden - 1], points[(hidden + 1) % 3]):.0f}°"
    if form == "right":
        return f"{math.dist(points[hidden], points[(hidden + 1) % 3]):.0f}"
    if form == "polygon":
        return _size(points, asked)
    if form == "circle":
        radius = program["number"] / (1 if program["shown"] == "radius" else 2)
        return f"{radius**2 if 'area' in asked else 2 * radius:g}π"
    if form == "line":
        return f"{_angle(program['at'], program['ends'][hidden], program['ends'][hidden + 1]):.0f}°"
    (x, y), (u, v) = program["crossings"]
    lean = math.degrees(math.atan2(v - y, x - u))
    return f"{lean if program['wanted'] in ('right above', 'left below') else 180 - lean:.0f}°"
