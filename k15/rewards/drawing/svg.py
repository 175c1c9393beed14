"""Renders `picture.svg` as large as fits into the target's size, with the fonts that matplotlib brings along.

No other fonts, so that a picture does not depend on the machine. What the file refers to outside itself is not
there in the sandbox, and is left out of the picture.
"""

import importlib.util
import io
import os

import k15_canvas
import resvg_py
from PIL import Image

matplotlib = importlib.util.find_spec("matplotlib")
fonts = f"{os.path.dirname(matplotlib.origin)}/mpl-data/fonts/ttf" if matplotlib and matplotlib.origin else ""
width, height = k15_canvas.target_size()
with open("picture.svg", encoding="utf-8") as file:
    picture = resvg_py.svg_to_bytes(
        svg_string=file.read(),
        width=width,
        height=height,
        skip_system_fonts=True,
        font_dirs=[fonts],
        font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
        serif_family="DejaVu Serif",
        monospace_family="DejaVu Sans Mono",
    )
k15_canvas.show(Image.open(io.BytesIO(picture)), 1)
