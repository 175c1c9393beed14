"""Reads pictures by their pixels alone: coloured blobs, and which shape of which colour and size a blob is."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

RGB = tuple[int, int, int]
# What the words of the questions mean in paint.
PAINTS: dict[str, RGB] = {
    "red": (214, 39, 40), "blue": (31, 95, 200), "green": (34, 139, 60), "yellow": (235, 195, 10),
    "purple": (130, 50, 180), "orange": (245, 125, 10), "black": (20, 20, 20), "pink": (240, 130, 190),
}  # fmt: skip
_NEAR = 36
# Width of a shape whose radius is one.
_WIDTHS = {
    "circle": 2.0,
    "square": 1.77,
    "triangle": 1.94,
    "diamond": 2.24,
    "star": 2.19,
    "hexagon": 1.94,
    "cross": 2.0,
}


class NotSeen(Exception):
    """What a document speaks of is not in its picture."""


@dataclass(frozen=True)
class Blob:
    """Connected pixels: their box (left, top, right, bottom; right and bottom exclusive), number and mean place.
    `top_width`: how wide its top is, as a share of its width."""

    box: tuple[int, int, int, int]
    area: int
    x: float
    y: float
    top_width: float

    @property
    def width(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]


@dataclass(frozen=True)
class Seen:
    """A shape read from a scene."""

    shape: str
    colour: str
    size: str
    row: int
    column: int


def read(picture: bytes) -> np.ndarray:
    """Height by width by three."""
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), np.int16)


def like(pixels: np.ndarray, colour: RGB, near: float = _NEAR) -> np.ndarray:
    """Which pixels have about that colour."""
    return ((pixels - np.array(colour, np.int16)).astype(np.int32) ** 2).sum(axis=2) < near * near


def _runs(mask: np.ndarray) -> list[tuple[int, int, int]]:
    """(row, start, end) of all runs of true pixels, row by row."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    return [(int(row), int(start), int(end)) for (row, start), (_, end) in zip(starts, ends, strict=True)]


def blobs(mask: np.ndarray, least: int = 20) -> list[Blob]:
    """The connected parts (four neighbours) of at least `least` pixels."""
    runs = _runs(mask)
    parent = list(range(len(runs)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    above: list[int] = []
    current: list[int] = []
    for number, (row, start, end) in enumerate(runs):
        if current and runs[current[-1]][0] != row:
            above, current = (current if runs[current[-1]][0] == row - 1 else []), []
        for other in above:
            if runs[other][1] < end and start < runs[other][2]:
                parent[root(number)] = root(other)
        current.append(number)
    parts: dict[int, list[tuple[int, int, int]]] = {}
    for number, run in enumerate(runs):
        parts.setdefault(root(number), []).append(run)
    return [blob for part in parts.values() if (blob := _blob(part)).area >= least]


def _blob(runs: list[tuple[int, int, int]]) -> Blob:
    rows, starts, ends = (np.array(column) for column in zip(*runs, strict=True))
    lengths = ends - starts
    area, box = int(lengths.sum()), (int(starts.min()), int(rows.min()), int(ends.max()), int(rows.max()) + 1)
    high = rows <= box[1] + 0.05 * (box[3] - box[1])
    top = (ends[high].max() - starts[high].min()) / (box[2] - box[0])
    x = float((lengths * (starts + ends - 1) / 2).sum() / area)
    return Blob(box, area, x, float((lengths * rows).sum() / area), float(top))


def shape_of(blob: Blob) -> str:
    """Which of the seven shapes a blob is, by how it fills its box."""
    fill, aspect = blob.area / (blob.width * blob.height), blob.width / blob.height
    if fill > 0.9:
        return "square"
    if fill > 0.66:
        return "hexagon" if aspect < 0.95 else "circle"
    if fill < 0.43:
        return "star"
    if blob.y > blob.box[1] + 0.6 * blob.height:
        return "triangle"
    return "cross" if blob.top_width > 0.24 else "diamond"


def scene(picture: bytes, grid: int) -> list[Seen]:
    """All shapes of a scene of `grid` by `grid` cells, row by row."""
    pixels = read(picture)
    cell = pixels.shape[0] / grid
    painted = (pixels != pixels[0, 0]).any(axis=2)  # few of all pixels: the rest is paper
    strokes, seen = pixels[painted][None], []
    for colour, paint in PAINTS.items():
        mask = np.zeros(painted.shape, bool)
        mask[painted] = like(strokes, paint)[0]
        for blob in blobs(mask):
            x, y = (blob.box[0] + blob.box[2]) / 2, (blob.box[1] + blob.box[3]) / 2
            shape = shape_of(blob)
            size = "large" if blob.width / _WIDTHS[shape] / cell > 0.27 else "small"
            seen.append(Seen(shape, colour, size, int(y / cell), int(x / cell)))
    return sorted(seen, key=lambda thing: (thing.row, thing.column))


def clear_border(picture: bytes, width: int = 3) -> bool:
    """Whether the outermost pixels are all of one colour: nothing is cut off."""
    pixels = read(picture)
    inside = np.zeros(pixels.shape[:2], bool)
    inside[width:-width, width:-width] = True
    return bool(np.all(pixels[~inside] == pixels[0, 0]))
