"""The paper: a smooth canvas, named colours, shapes, and PNG bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from k15.drawing import fonts

RGB = tuple[int, int, int]
Point = tuple[float, float]
# Far enough from each other and from all papers to be told apart by eye and by a threshold.
COLOURS: dict[str, RGB] = {
    "red": (214, 39, 40), "blue": (31, 95, 200), "green": (34, 139, 60), "yellow": (235, 195, 10),
    "purple": (130, 50, 180), "orange": (245, 125, 10), "black": (20, 20, 20), "pink": (240, 130, 190),
}  # fmt: skip
PAPERS: tuple[RGB, ...] = ((255, 255, 255), (250, 247, 238), (240, 245, 250), (243, 250, 243), (238, 238, 238))
INK: RGB = (30, 30, 30)
GREY: RGB = (120, 120, 120)
SHAPES = ("circle", "square", "triangle", "diamond", "star", "hexagon", "cross")
_SMOOTH = 2
_POLYGONS = {"triangle": 3, "diamond": 4, "hexagon": 6}


def png(image: Image.Image) -> bytes:
    """The picture as PNG bytes; light compression, as pictures of flat colours are small anyway."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=3)
    return buffer.getvalue()


def outline(shape: str, centre: Point, radius: float, turn: float = 0) -> list[Point]:
    """The corners of a shape around `centre`, turned by `turn` degrees clockwise."""
    polar: list[tuple[float, float]]
    if shape == "square":
        polar = [(radius * 1.25, 45 + 90 * k) for k in range(4)]
    elif shape == "star":
        polar = [(radius * (1.15 if k % 2 == 0 else 0.48), -90 + 36 * k) for k in range(10)]
    elif shape == "cross":
        near, far = radius * 0.48, math.degrees(math.atan2(0.34, 1))
        polar = [item for k in range(4) for item in (
            (radius * 1.06, 90 * k - far), (radius * 1.06, 90 * k + far), (near, 90 * k + 45))]  # fmt: skip
    else:
        corners = _POLYGONS[shape]
        polar = [(radius * 1.12, -90 + 360 * k / corners) for k in range(corners)]
    x, y = centre
    angles = [(length, math.radians(angle + turn)) for length, angle in polar]
    return [(x + length * math.cos(angle), y + length * math.sin(angle)) for length, angle in angles]


class Canvas:
    """Draws in pixels of the final picture, twice as large, and makes it small at the end: smooth edges."""

    def __init__(self, width: int, height: int, paper: RGB = (255, 255, 255)) -> None:
        self._image = Image.new("RGB", (width * _SMOOTH, height * _SMOOTH), paper)
        self._draw = ImageDraw.Draw(self._image)

    def image(self) -> Image.Image:
        return self._image.reduce(_SMOOTH)

    def png(self) -> bytes:
        return png(self.image())

    def line(self, points: Sequence[Point], colour: RGB = INK, width: float = 2) -> None:
        self._draw.line(self._large(points), fill=colour, width=round(width * _SMOOTH), joint="curve")

    def polygon(self, points: Sequence[Point], fill: RGB | None = None, edge: RGB | None = None) -> None:
        if fill:
            self._draw.polygon(self._large(points), fill=fill)
        if edge:
            self.line([*points, points[0], points[1]], edge)

    def box(self, left_top: Point, right_bottom: Point, fill: RGB | None = None, edge: RGB | None = None) -> None:
        (left, top), (right, bottom) = left_top, right_bottom
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill, edge)

    def disc(self, centre: Point, radius: float, fill: RGB | None = None, edge: RGB | None = None) -> None:
        (x, y), width = centre, 2 * _SMOOTH
        corners = self._large([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.ellipse(corners, fill=fill, outline=edge, width=width if edge else 0)

    def arc(self, centre: Point, radius: float, start: float, end: float, colour: RGB = INK) -> None:
        """Clockwise from `start` to `end` degrees, 0 being to the right."""
        x, y = centre
        corners = self._large([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.arc(corners, start, end, fill=colour, width=2 * _SMOOTH)

    def shape(self, shape: str, centre: Point, radius: float, fill: RGB, turn: float = 0) -> None:
        if shape == "circle":
            self.disc(centre, radius, fill)
        else:
            self.polygon(outline(shape, centre, radius, turn), fill)

    def text(
        self, place: Point, text: str, size: int = 18, colour: RGB = INK, anchor: str = "mm", font: str = fonts.SANS
    ) -> None:
        (place,) = self._large([place])
        self._draw.text(place, text, fill=colour, font=fonts.face(font, size * _SMOOTH), anchor=anchor)

    @staticmethod
    def _large(points: Sequence[Point]) -> list[Point]:
        return [(x * _SMOOTH, y * _SMOOTH) for x, y in points]


def text_width(text: str, size: int, font: str = fonts.SANS) -> float:
    """How wide `Canvas.text` writes."""
    return float(fonts.face(font, size * _SMOOTH).getlength(text)) / _SMOOTH
