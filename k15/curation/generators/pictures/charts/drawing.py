"""Draws a chart with matplotlib, in a style chosen by chance, and says where its axes lie.

Guarantees: only matplotlib's own fonts and default settings, no global figure: nothing to close, nothing left over.
"""

from __future__ import annotations

import random
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from k15.curation.generators.pictures import canvas
from k15.curation.generators.pictures.charts.data import Chart

_PALETTES = (
    ("#1f5fc8", "#f57d0a", "#228b3c", "#d62728", "#8232b4", "#ebc30a"),
    ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860"),
    ("#264653", "#e76f51", "#2a9d8f", "#e9c46a", "#9b5de5", "#f15bb5"),
)
_PAPERS = ("white", "#fbf8f0", "#f3f6fa")


def _bars(axes: Axes, chart: Chart, colours: list[str]) -> None:
    count = len(chart.series)
    width = 0.64 if chart.type != "grouped" else 0.8 / count
    base = [0.0] * len(chart.categories)
    for number, (name, values) in enumerate(chart.series.items()):
        shift = 0 if chart.type != "grouped" else (number - (count - 1) / 2) * width
        places = [index + shift for index in range(len(values))]
        bars = axes.bar(places, values, width, bottom=base, color=colours[number], label=name)
        if chart.type == "stacked":
            base = [low + value for low, value in zip(base, values, strict=True)]
        if chart.labelled:
            axes.bar_label(bars, padding=2, fontsize=9)
    axes.set_xticks(range(len(chart.categories)), chart.categories)


def _lines(axes: Axes, chart: Chart, colours: list[str], marker: str) -> None:
    for number, (name, values) in enumerate(chart.series.items()):
        axes.plot(range(len(values)), values, marker=marker, color=colours[number], label=name)
    axes.set_xticks(range(len(chart.categories)), chart.categories)


def _scatter(axes: Axes, chart: Chart, colours: list[str], marker: str) -> None:
    for number, (name, points) in enumerate(chart.series.items()):
        x, y = zip(*points, strict=True)
        axes.scatter(x, y, s=42, marker=marker, color=colours[number], linewidths=0, label=name)
    axes.set(xlim=(0, 20), xlabel=chart.extra["x"], xticks=range(0, 21, 4))


def _pie(axes: Axes, chart: Chart, colours: list[str]) -> None:
    shares = chart.series["Share"]
    names = zip(chart.categories, shares, strict=True)
    labels = [f"{name}\n{share}%" if chart.labelled else name for name, share in names]
    axes.pie(shares, labels=labels, colors=colours, startangle=90, counterclock=False)


def _boxes(axes: Axes, chart: Chart, colours: list[str]) -> None:
    boxes = axes.boxplot(
        list(chart.series.values()), whis=(0, 100), patch_artist=True, widths=0.5,
        medianprops={"color": "black", "linewidth": 2.5},
    )  # fmt: skip
    for patch, colour in zip(boxes["boxes"], colours, strict=False):
        patch.set_facecolor(colour)
    axes.set_xticks(range(1, len(chart.categories) + 1), chart.categories)


def _heatmap(axes: Axes, chart: Chart, colours: str) -> None:
    rows = list(chart.series.values())
    axes.imshow(rows, cmap=colours, vmin=0, vmax=100, aspect="auto")
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            axes.text(x, y, str(value), ha="center", va="center", color="white" if value > 55 else "black")
    axes.set_xticks(range(len(chart.categories)), chart.categories)
    axes.set_yticks(range(len(rows)), list(chart.series))


def _histogram(axes: Axes, chart: Chart, colour: str) -> None:
    _, _, bars = axes.hist(chart.series["Samples"], bins=chart.extra["edges"], color=colour, edgecolor="white")
    if chart.labelled:
        axes.bar_label(bars, padding=2, fontsize=9)  # type: ignore[arg-type]
    axes.set_xticks(chart.extra["edges"])
    axes.set(xlabel=chart.unit, ylabel="Count")


def _numbers(axes: Axes, chart: Chart) -> None:
    """The vertical axis: ticks and grid lines on every step."""
    values = [value for series in chart.series.values() for value in series]
    if chart.type == "scatter":
        top = 20.0
    elif chart.type == "stacked":
        top = max(map(sum, zip(*chart.series.values(), strict=True)))
    elif chart.type == "histogram":
        top = max(patch.get_height() for patch in axes.patches)  # type: ignore[attr-defined]
    else:
        top = max(values)
    axes.set_ylim(0, top + chart.step)
    axes.set_yticks(range(0, round(top) + chart.step + 1, chart.step))
    axes.grid(axis="both" if chart.type == "scatter" else "y", color="#cccccc", linewidth=0.7)
    axes.set_axisbelow(True)
    if chart.type != "histogram":
        axes.set_ylabel(chart.unit)


def _plot(rng: random.Random, axes: Axes, chart: Chart) -> list[str]:
    colours = list(rng.choice(_PALETTES))
    rng.shuffle(colours)
    marker = rng.choice(("o", "s", "^", "D"))
    if chart.type in ("bar", "grouped", "stacked"):
        _bars(axes, chart, colours)
    elif chart.type == "line":
        _lines(axes, chart, colours, marker)
    elif chart.type == "scatter":
        _scatter(axes, chart, colours, marker)
    elif chart.type == "pie":
        _pie(axes, chart, colours)
    elif chart.type == "box":
        _boxes(axes, chart, colours)
    elif chart.type == "histogram":
        _histogram(axes, chart, colours[0])
    else:
        _heatmap(axes, chart, rng.choice(("Blues", "Greens", "Purples", "Greys")))
    if chart.type not in ("pie", "heatmap"):
        _numbers(axes, chart)
    if len(chart.series) > 1 and chart.type in ("grouped", "stacked", "line", "scatter"):
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return colours


def _frame(axes: Axes, height: int) -> dict[str, Any]:
    box = axes.get_window_extent()
    corners = [box.x0, height - box.y1, box.x1, height - box.y0]
    return {"box": [round(c, 2) for c in corners], "x": list(axes.get_xlim()), "y": list(axes.get_ylim())}


def render(rng: random.Random, chart: Chart) -> tuple[bytes, dict[str, Any]]:
    """The picture, and its colours and axes: corners in pixels, limits in units of the data."""
    with matplotlib.rc_context(matplotlib.rcParamsDefault):
        figure = Figure(
            figsize=(rng.choice((6.0, 6.4, 7.0)), rng.choice((4.2, 4.6, 5.0))), dpi=80, layout="constrained"
        )
        agg = FigureCanvasAgg(figure)
        figure.set_facecolor(rng.choice(_PAPERS))
        axes = figure.add_subplot()
        axes.set_title(chart.title)
        colours = _plot(rng, axes, chart)
        if rng.random() < 0.4 and chart.type not in ("pie", "heatmap"):
            axes.spines[["top", "right"]].set_visible(False)
        agg.draw()
        image = Image.fromarray(np.asarray(agg.buffer_rgba())).convert("RGB")
    return canvas.png(image), {"colours": colours, "axes": _frame(axes, image.height)}
