"""What a chart shows: titles, categories and numbers that can be read off it exactly.

Guarantees: a number is printed beside its mark, or lies on a line of the grid; a largest and a smallest value are
unique in what a question compares.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

TYPES = ("line", "bar", "grouped", "stacked", "pie", "scatter", "histogram", "box", "heatmap")
_TOPICS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Fruit sold", "Crates", ("Apples", "Pears", "Plums", "Figs", "Grapes", "Melons", "Cherries")),
    ("Rain by city", "Millimetres", ("Elm Bay", "Redhill", "Lowport", "Greenford", "Northfield", "Kingsmill")),
    ("Visitors", "Visitors", ("Museum", "Castle", "Harbour", "Library", "Garden", "Market", "Tower")),
    ("Books lent", "Books", ("Poems", "Novels", "History", "Maps", "Plays", "Letters")),
    ("Energy made", "Megawatt hours", ("Wind", "Water", "Sun", "Coal", "Gas", "Wood")),
    ("Points won", "Points", ("Foxes", "Owls", "Bears", "Hares", "Wolves", "Swans", "Goats")),
)  # fmt: skip
_TIMES: tuple[tuple[str, ...], ...] = (
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    tuple(str(year) for year in range(2008, 2020)),
)
_SERIES = ("North", "South", "East", "West", "Shop A", "Shop B", "Shop C", "Team 1", "Team 2", "Team 3")


@dataclass(frozen=True)
class Chart:
    """`series` by name; their meaning depends on the type. `step` is the distance of grid lines; `labelled`: numbers
    are printed."""

    type: str
    title: str
    unit: str
    categories: list[str]
    series: dict[str, list[Any]]
    step: int
    labelled: bool
    extra: dict[str, Any] = field(default_factory=dict)


def _values(rng: random.Random, count: int, step: int, labelled: bool, least: int = 1) -> list[int]:
    """Distinct values: any if they will be printed, else multiples of the step."""
    if labelled:
        return rng.sample(range(least * step, 12 * step + 1), count)
    return [step * value for value in rng.sample(range(least, 13), count)]


def _categorical(rng: random.Random, kind: str) -> Chart:
    title, unit, names = rng.choice(_TOPICS)
    step, labelled = rng.choice((2, 5, 10, 20)), rng.random() < 0.4
    if kind == "line":
        times = rng.choice(_TIMES)
        start, length = rng.randrange(len(times) - 5), rng.randint(5, 6)
        categories, count, title = list(times[start : start + length]), rng.randint(1, 3), f"{title} over time"
        labelled = False
    else:
        categories = rng.sample(names, rng.randint(3, 5 if kind == "grouped" else 6))
        count = 1 if kind in ("bar", "pie") else rng.randint(2, 3)
        labelled = labelled and kind != "stacked"
    series = {name: _values(rng, len(categories), step, labelled) for name in rng.sample(_SERIES, count)}
    if kind == "stacked":
        series = {name: [max(step, value // (2 * step) * step) for value in values] for name, values in series.items()}
    return Chart(kind, title, unit, categories, series, step, labelled)


def _pie(rng: random.Random) -> Chart:
    """Shares of a hundred, each different by three at least from the next."""
    title, _, names = rng.choice(_TOPICS)
    categories = rng.sample(names, rng.randint(3, 5))
    while True:
        cuts = sorted(rng.sample(range(1, 100), len(categories) - 1))
        shares = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
        ranked = sorted(shares)
        if ranked[0] >= 5 and all(b - a >= 3 for a, b in pairwise(ranked)):
            break
    return Chart("pie", f"{title}: shares", "Per cent", categories, {"Share": shares}, 1, rng.random() < 0.6)


def _scatter(rng: random.Random) -> Chart:
    """One or two groups of points that rise or fall clearly; no two points touch."""
    groups: dict[str, list[list[float]]] = {}
    taken: list[tuple[float, float]] = []
    for name in rng.sample(_SERIES, rng.randint(1, 2)):
        slope, wanted = rng.choice((-1, 1)), rng.randint(6, 14)
        points: list[list[float]] = []
        while len(points) < wanted:
            x = rng.uniform(1, 19)
            y = (x if slope > 0 else 20 - x) + rng.uniform(-3, 3)
            if 0.5 < y < 19.5 and all((x - u) ** 2 + (y - v) ** 2 > 1.3 for u, v in taken):
                taken.append((x, y))
                points.append([round(x, 2), round(y, 2)])
        if abs(_correlation(points)) < 0.75:
            return _scatter(rng)
        groups[name] = points
    return Chart("scatter", "Height and weight of seedlings", "Weight (g)", [], groups, 2, False, {"x": "Height (cm)"})


def _correlation(points: list[list[float]]) -> float:
    mx, my = (sum(point[axis] for point in points) / len(points) for axis in (0, 1))
    cross = sum((x - mx) * (y - my) for x, y in points)
    return cross / (sum((x - mx) ** 2 for x, _ in points) * sum((y - my) ** 2 for _, y in points)) ** 0.5


def _histogram(rng: random.Random) -> Chart:
    bins, width = rng.randint(4, 7), rng.choice((5, 10))
    counts = rng.sample(range(2, 13), bins)
    samples = [round((b + rng.uniform(0.05, 0.95)) * width, 2) for b, n in enumerate(counts) for _ in range(n)]
    edges = [b * width for b in range(bins + 1)]
    title, unit = rng.choice((("Waiting times", "Minutes"), ("Ages", "Years"), ("Lengths", "Centimetres")))
    return Chart("histogram", title, unit, [], {"Samples": samples}, 1, rng.random() < 0.5, {"edges": edges})


def _box(rng: random.Random) -> Chart:
    """Five numbers a group: least, quartiles and largest, so that the box shows just them. Medians differ."""
    title, unit, names = rng.choice(_TOPICS)
    categories, step = rng.sample(names, rng.randint(2, 4)), rng.choice((2, 5, 10))
    medians = rng.sample(range(5, 12), len(categories))
    series = {}
    for name, middle in zip(categories, medians, strict=True):
        low, high = middle - rng.randint(1, 2), middle + rng.randint(1, 2)
        series[name] = [step * v for v in (low - rng.randint(1, 2), low, middle, high, high + rng.randint(1, 2))]
    return Chart("box", f"{title}: spread", unit, categories, series, step, False)


def _heatmap(rng: random.Random) -> Chart:
    title, unit, names = rng.choice(_TOPICS)
    columns = list(rng.choice(_TIMES)[: rng.randint(3, 5)])
    rows = rng.sample(names, rng.randint(3, 4))
    values = rng.sample(range(1, 100), len(rows) * len(columns))
    series = {row: values[n * len(columns) : (n + 1) * len(columns)] for n, row in enumerate(rows)}
    return Chart("heatmap", title, unit, columns, series, 1, True)


def draw(rng: random.Random, kind: str) -> Chart:
    """The data of one chart."""
    special = {"pie": _pie, "scatter": _scatter, "histogram": _histogram, "box": _box, "heatmap": _heatmap}
    return special[kind](rng) if kind in special else _categorical(rng, kind)
