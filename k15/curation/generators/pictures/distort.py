"""What photographs and scanners do to a page: rotation, perspective, uneven light, blur and noise.

Guarantees: the page's corners stay within the picture, so that nothing is cut off; where they went is returned.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from k15.curation.generators.pictures.canvas import Point


@dataclass(frozen=True)
class Distortion:
    """`corners`: where the page's corners went, clockwise from the top left. `light`: how much darker its dark side
    is."""

    corners: list[Point]
    blur: float
    noise: float
    light: float


def draw(rng: random.Random, width: int, height: int) -> Distortion:
    """A third of the pages stay straight; one in four has no noise, one in three no blur."""
    angle = 0.0 if rng.random() < 0.33 else math.radians(rng.uniform(-9, 9))
    tilt = 0.0 if rng.random() < 0.4 else rng.uniform(0.01, 0.05)
    corners = []
    for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        x, y = (x + rng.uniform(-tilt, tilt)) * width, (y + rng.uniform(-tilt, tilt)) * height
        corners.append((x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)))
    reach = [max(abs(corner[axis]) for corner in corners) for axis in (0, 1)]
    scale = min(1.0, width / 2 / reach[0], height / 2 / reach[1])
    placed = [(round(width / 2 + x * scale, 2), round(height / 2 + y * scale, 2)) for x, y in corners]
    blur = 0.0 if rng.random() < 0.33 else round(rng.uniform(0.3, 0.9), 2)
    noise = 0.0 if rng.random() < 0.25 else round(rng.uniform(2, 14), 1)
    return Distortion(placed, blur, noise, round(rng.uniform(0, 0.25), 2))


def homography(source: list[Point], target: list[Point]) -> np.ndarray:
    """The eight coefficients of the projective map that takes `source` to `target`."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.linalg.solve(np.array(rows, float), np.array(values, float))


def apply(page: Image.Image, distortion: Distortion, surface: tuple[int, int, int], seed: int) -> Image.Image:
    """The page as it is seen lying on `surface`."""
    width, height = page.size
    corners: list[Point] = [(0, 0), (width, 0), (width, height), (0, height)]
    back = homography(distortion.corners, corners)
    image = page.transform(
        page.size, Image.Transform.PERSPECTIVE, tuple(back), Image.Resampling.BICUBIC, fillcolor=surface
    )
    if distortion.blur:
        image = image.filter(ImageFilter.GaussianBlur(distortion.blur))
    pixels = np.asarray(image, np.float32)
    shade = np.linspace(1, 1 - distortion.light, width, dtype=np.float32)
    noise = np.random.default_rng(seed).standard_normal((height, width), np.float32) * distortion.noise
    pixels = pixels * shade[None, :, None] + noise[:, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
