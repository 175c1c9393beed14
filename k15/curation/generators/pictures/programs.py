"""Visual coding (App. B): a picture and the SVG or matplotlib program that draws it. The document's text is the
program whose rendering the picture is.

Guarantees: programs are made here and run in this process; they only draw. `render_svg` and `render_plot` are what
drew the pictures: anybody can draw them again.
"""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import matplotlib
import resvg_py
from PIL import Image

from k15.curation.generators.pictures import canvas
from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.canvas import COLOURS, SHAPES, outline
from k15.curation.generators.pictures.charts import data

WIDTH, HEIGHT = 400, 300
_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
_WORDS = ("Sun", "Hello", "Map", "Start", "Sale", "Stop", "Open", "North", "K15", "Plan", "Menu", "Zoo")
_PAPERS = ("#ffffff", "#f5f1e6", "#e8f0fa", "#eef7ee", "#20242e")


def render_svg(source: str) -> bytes:
    """The picture of an SVG, at its own size and with matplotlib's fonts only."""
    drawn = resvg_py.svg_to_bytes(
        svg_string=source, skip_system_fonts=True, font_dirs=[str(_FONTS)], font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
    )  # fmt: skip
    return canvas.png(Image.open(io.BytesIO(bytes(drawn))).convert("RGB"))


def render_plot(source: str) -> bytes:
    """The figure that a program of this module leaves open. Chooses the Agg backend for the process."""
    from matplotlib import pyplot

    with matplotlib.rc_context({**matplotlib.rcParamsDefault, "backend": "agg"}):
        exec(compile(source, "program.py", "exec"), {"__name__": "__main__"})
        buffer = io.BytesIO()
        pyplot.gcf().savefig(buffer, format="png", metadata={"Software": None})
        pyplot.close("all")
    return canvas.png(Image.open(buffer).convert("RGB"))


def _hex(name: str) -> str:
    return "#{:02x}{:02x}{:02x}".format(*COLOURS[name])


def _element(rng: random.Random, centre: tuple[int, int], radius: int, colours: list[str]) -> str:
    """One shape around `centre`."""
    (x, y), colour, kind = centre, _hex(rng.choice(colours)), rng.choice((*SHAPES, "rect", "ellipse", "ring", "line"))
    if kind == "circle":
        return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}"/>'
    if kind == "ring":
        return (
            f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="{colour}" stroke-width="{rng.randint(3, 8)}"/>'
        )
    if kind == "ellipse":
        return f'<ellipse cx="{x}" cy="{y}" rx="{radius}" ry="{rng.randint(radius // 2, radius)}" fill="{colour}"/>'
    if kind == "rect":
        high, round_ = rng.randint(radius // 2, radius), rng.choice((0, 0, 8))
        corner = f' rx="{round_}"' if round_ else ""
        return (
            f'<rect x="{x - radius}" y="{y - high}" width="{2 * radius}" height="{2 * high}"{corner} fill="{colour}"/>'
        )
    if kind == "line":
        slope, width = rng.randint(-radius, radius), rng.randint(3, 7)
        ends = f'x1="{x - radius}" y1="{y - slope}" x2="{x + radius}" y2="{y + slope}"'
        return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'
    points = " ".join(f"{px:.0f},{py:.0f}" for px, py in outline(kind, (x, y), radius))
    return f'<polygon points="{points}" fill="{colour}"/>'


def svg(rng: random.Random) -> Drawn:
    """Two to six shapes in the cells of a grid, and perhaps a word."""
    paper, count = rng.choice(_PAPERS), rng.randint(2, 6)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
    ]
    lines.append(f'  <rect width="{WIDTH}" height="{HEIGHT}" fill="{paper}"/>')
    cells, dark = rng.sample(range(12), count + 1), paper == _PAPERS[-1]
    colours = [name for name in COLOURS if not (dark and name == "black")]
    for cell in cells[:count]:
        centre = (cell % 4 * 100 + rng.randint(42, 58), cell // 4 * 100 + rng.randint(42, 58))
        lines.append("  " + _element(rng, centre, rng.randint(18, 34), colours))
    if rng.random() < 0.5:
        x, y = cells[count] % 4 * 100 + 50, cells[count] // 4 * 100 + 58
        ink = "#f0f0f0" if dark else "#222222"
        words = f'font-family="sans-serif" font-size="{rng.randint(18, 26)}" text-anchor="middle" fill="{ink}"'
        lines.append(f'  <text x="{x}" y="{y}" {words}>{rng.choice(_WORDS)}</text>')
    source = "\n".join([*lines, "</svg>"])
    text = asked("Write an SVG that draws this picture.", f"```svg\n{source}\n```")
    return Drawn(text, (render_svg(source),), {"language": "svg", "source": source})


def _chart_lines(rng: random.Random, chart: data.Chart) -> list[str]:
    """The statements that draw one chart."""
    colours = rng.sample([_hex(name) for name in COLOURS if name != "black"], 3)
    series = list(chart.series.items())
    if chart.type == "scatter":
        lines = []
        for (name, points), colour in zip(series, colours, strict=False):
            x, y = ([round(point[axis]) for point in points] for axis in (0, 1))
            lines.append(f"ax.scatter({x}, {y}, color={colour!r}, label={name!r})")
        return lines
    if chart.type == "pie":
        return [f"ax.pie({chart.series['Share']}, labels={chart.categories!r}, autopct='%d%%', startangle=90)"]
    if chart.type == "histogram":
        samples = [round(sample) for sample in chart.series["Samples"]]
        return [f"ax.hist({samples}, bins={chart.extra['edges']}, color={colours[0]!r}, edgecolor='white')"]
    lines = [f"names = {chart.categories!r}"]
    if chart.type == "line":
        marker = rng.choice(("o", "s", "^"))
        for (name, values), colour in zip(series, colours, strict=False):
            lines.append(f"ax.plot(names, {values}, marker={marker!r}, color={colour!r}, label={name!r})")
        return lines
    draw = rng.choice(("bar", "barh"))
    return [*lines, f"ax.{draw}(names, {series[0][1]}, color={colours[0]!r})"]


def plot(rng: random.Random) -> Drawn:
    """A chart drawn by a short program."""
    chart = data.draw(rng, rng.choice(("line", "bar", "pie", "scatter", "histogram")))
    lines = ["import matplotlib.pyplot as plt", "", "fig, ax = plt.subplots(figsize=(5, 4), dpi=80)"]
    lines += [*_chart_lines(rng, chart), f"ax.set_title({chart.title!r})"]
    if chart.type not in ("pie", "histogram", "bar"):
        lines.append(f"ax.set_ylabel({chart.unit!r})")
    if len(chart.series) > 1:
        lines.append("ax.legend()")
    if chart.type != "pie" and rng.random() < 0.4:
        lines.append("ax.grid(True)")
    source = "\n".join([*lines, "fig.tight_layout()"])
    text = asked("Write a matplotlib program that draws this chart.", f"```python\n{source}\n```")
    return Drawn(text, (render_plot(source),), {"language": "python", "source": source})


def render(program: dict[str, Any]) -> bytes:
    """The picture of a document's program, drawn again."""
    return (render_svg if program["language"] == "svg" else render_plot)(program["source"])
