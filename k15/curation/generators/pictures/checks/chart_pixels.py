"""Reads charts by their pixels: heights of bars, areas of slices, numbers and places of points, shades of cells; and
compares them with the data."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from PIL import ImageColor

from k15.curation.generators.pictures.checks.pixels import RGB, Blob, blobs, like, read

Chart = dict[str, Any]


def faults(chart: Chart, picture: bytes) -> list[str]:
    """Where the picture shows other numbers than the data."""
    pixels = read(picture)
    look = {"bar": _bars, "grouped": _bars, "stacked": _bars, "histogram": _histogram, "pie": _pie,
            "scatter": _scatter, "line": _line, "box": _box, "heatmap": _heatmap}  # fmt: skip
    return look[chart["type"]](chart, pixels)


def _paint(chart: Chart, number: int) -> RGB:
    return ImageColor.getrgb(chart["colours"][number])[:3]  # type: ignore[return-value]


def _inside(chart: Chart, pixels: np.ndarray) -> np.ndarray:
    left, top, right, bottom = (round(edge) for edge in chart["axes"]["box"])
    return pixels[top : bottom + 1, left : right + 1]


def _place(chart: Chart, x: float, y: float) -> tuple[float, float]:
    """Where a point of the data is in the picture."""
    left, top, right, bottom = chart["axes"]["box"]
    (x0, x1), (y0, y1) = chart["axes"]["x"], chart["axes"]["y"]
    return left + (x - x0) / (x1 - x0) * (right - left), bottom - (y - y0) / (y1 - y0) * (bottom - top)


def _scale(chart: Chart) -> float:
    """Pixels for one unit of the vertical axis."""
    _, top, _, bottom = chart["axes"]["box"]
    return (bottom - top) / (chart["axes"]["y"][1] - chart["axes"]["y"][0])


def _columns(chart: Chart, pixels: np.ndarray, number: int) -> list[Blob]:
    """The bars of one colour from left to right."""
    found = blobs(like(_inside(chart, pixels), _paint(chart, number), 25), 12)
    return sorted((blob for blob in found if blob.width > 5), key=lambda blob: blob.x)


def _heights(bars: list[Blob], values: list[float], scale: float) -> list[str]:
    if len(bars) != len(values):
        return [f"{len(bars)} bars for {len(values)} values"]
    return [
        f"a bar of {bar.height} pixels for {value}"
        for bar, value in zip(bars, values, strict=True)
        if abs(bar.height - value * scale) > 3
    ]


def _bars(chart: Chart, pixels: np.ndarray) -> list[str]:
    wrong = []
    for number, values in enumerate(chart["series"].values()):
        wrong += _heights(_columns(chart, pixels, number), values, _scale(chart))
    return wrong


def _histogram(chart: Chart, pixels: np.ndarray) -> list[str]:
    edges = chart["extra"]["edges"]
    counts, _ = np.histogram(chart["series"]["Samples"], edges)
    return _heights(_columns(chart, pixels, 0), [float(count) for count in counts], _scale(chart))


def _pie(chart: Chart, pixels: np.ndarray) -> list[str]:
    shares = chart["series"]["Share"]
    areas = [int(like(pixels, _paint(chart, number), 25).sum()) for number in range(len(shares))]
    if not all(areas):
        return ["a slice is missing"]
    return [
        f"a slice of {100 * area / sum(areas):.1f}% for {share}%"
        for area, share in zip(areas, shares, strict=True)
        if abs(100 * area / sum(areas) - share) > 1.2
    ]


def _scatter(chart: Chart, pixels: np.ndarray) -> list[str]:
    wrong = []
    for number, (name, points) in enumerate(chart["series"].items()):
        found = blobs(like(_inside(chart, pixels), _paint(chart, number), 40), 8)
        if len(found) != len(points):
            wrong.append(f"{len(found)} points of {name}, not {len(points)}")
    return wrong


def _near(pixels: np.ndarray, place: tuple[float, float], paints: list[RGB]) -> bool:
    """Whether one of the paints is within three pixels of a place."""
    x, y = round(place[0]), round(place[1])
    patch = pixels[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4]
    return any(bool(like(patch, paint, 40).any()) for paint in paints)


def _line(chart: Chart, pixels: np.ndarray) -> list[str]:
    """Every point has its colour, or that of a line drawn later."""
    wrong, count = [], len(chart["series"])
    for number, (name, values) in enumerate(chart["series"].items()):
        paints = [_paint(chart, later) for later in range(number, count)]
        for index, value in enumerate(values):
            if not _near(pixels, _place(chart, index, value), paints):
                wrong.append(f"no point of {name} at {index}, {value}")
    return wrong


def _box(chart: Chart, pixels: np.ndarray) -> list[str]:
    """The corners of every box, its median and the ends of its whiskers are black where the data say."""
    wrong = []
    for index, (name, values) in enumerate(chart["series"].items(), start=1):
        for value in values:
            if not _near(pixels, _place(chart, index, value), [(0, 0, 0)]):
                wrong.append(f"no line of {name} at {value}")
    return wrong


def _heatmap(chart: Chart, pixels: np.ndarray) -> list[str]:
    """Higher numbers are darker: read in the corner of each cell, beside its number."""
    shades = []
    for y, values in enumerate(chart["series"].values()):
        for x, value in enumerate(values):
            u, v = _place(chart, x - 0.4, y - 0.4)
            shades.append((value, int(pixels[round(v), round(u)].sum())))
    ranked = [shade for _, shade in sorted(shades)]
    falling = all(a >= b for a, b in pairwise(ranked)) and ranked[0] > ranked[-1]
    return [] if falling else ["shades out of order"]
