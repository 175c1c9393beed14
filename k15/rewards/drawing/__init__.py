"""Programs that run in the sandbox to draw a response: they are read as text, never imported here.

`svg` renders an SVG file, `plot` runs a plotting program; both hand their picture to `k15_canvas`, which prints it as
plain pixels. Their arguments: the width and height of the target, then those of the picture to print.
"""
