"""Prints a picture as pixels: one line with the size that it had, then RGB bytes of the size asked for."""

import os
import sys

from PIL import Image

MOST_PIXELS = 32_000_000

Image.MAX_IMAGE_PIXELS = None  # the check below is the one that counts


def target_size() -> tuple[int, int]:
    return int(sys.argv[1]), int(sys.argv[2])


def show(picture: Image.Image, output: int) -> None:
    """Transparent parts are white, as on a page."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        sys.exit(f"a picture of {width}x{height} pixels is too large")
    layer = picture.convert("RGBA")
    page = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    page = page.resize((int(sys.argv[3]), int(sys.argv[4])), Image.Resampling.BILINEAR)
    with os.fdopen(output, "wb") as file:
        file.write(f"{width} {height}\n".encode() + page.tobytes())
