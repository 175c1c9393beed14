"""Charts as inline SVG, coloured by the page's CSS variables so that they follow its light or dark theme.

No scripts and no external files. Every mark carries its exact value as a tooltip. Colours come in a fixed
order (`--s0` …): what is compared in two charts keeps its colour when the caller keeps its position.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from itertools import pairwise

WIDTH, HEIGHT = 380, 230
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 40

Format = Callable[[float], str]


def plain(value: float) -> str:
    return f"{value:.4g}"


def percent(value: float) -> str:
    return f"{value * 100:.0f}%"


def power(value: float) -> str:
    return f"{value:.0e}"


def count(value: float) -> str:
    return f"{value:,.0f}"


@dataclass(frozen=True)
class Series:
    name: str
    points: Sequence[tuple[float, float]]
    errors: Sequence[float] = ()
    """Half the length of the error bar at each point, if there are any."""
    colour: int = 0


@dataclass
class Axes:
    """Scales, grid and labels of a chart; marks are added in data coordinates."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_label: str
    y_label: str
    x_format: Format = plain
    y_format: Format = plain
    log: bool = False
    """The vertical axis in powers of ten; `y_range` is then of whole ones."""
    marks: list[str] = field(default_factory=list)

    def x(self, value: float) -> float:
        low, high = self.x_range
        return round(LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        low, high = self.y_range
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        return round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    def render(self, title: str) -> str:
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
            f"{self._grid()}{''.join(self.marks)}</svg>"
        )

    def _grid(self) -> str:
        parts = []
        for tick in powers(*self.y_range) if self.log else ticks(*self.y_range):
            y = self.y(tick)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
            parts.append(_text("tick", LEFT - 6, y + 4, self.y_format(tick), "end"))
        for tick in self._x_ticks():
            parts.append(_text("tick", self.x(tick), HEIGHT - BOTTOM + 16, self.x_format(tick), "middle"))
        parts.append(_text("label", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, self.x_label, "middle"))
        middle = (TOP + HEIGHT - BOTTOM) / 2
        parts.append(
            f'<g transform="translate(12 {middle}) rotate(-90)">{_text("label", 0, 0, self.y_label, "middle")}</g>'
        )
        return "".join(parts)

    def _x_ticks(self) -> list[float]:
        """Iterations, levels and tokens are counted: no fractions unless there is nothing else."""
        found = ticks(*self.x_range)
        return [tick for tick in found if tick == int(tick)] or found


def _text(kind: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values inside [low, high], about `wanted` of them."""
    raw = (high - low) / wanted
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def powers(low: float, high: float) -> list[float]:
    """The powers of ten in [low, high], every second or third of them where they are many."""
    first, last = round(math.log10(low)), round(math.log10(high))
    return [10.0**n for n in range(first, last + 1, 1 + (last - first) // 6)]


def decades(values: Sequence[float]) -> tuple[float, float]:
    """The powers of ten around positive `values`, at least one decade."""
    low = math.floor(math.log10(min(values)))
    return 10.0**low, 10.0 ** max(low + 1, math.ceil(math.log10(max(values))))


def spread(values: Sequence[float], include_zero: bool = False) -> tuple[float, float]:
    """An axis range with a margin, never empty; (0, 1) where there is nothing to show."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if include_zero:
        low, high = min(0.0, low), max(0.0, high)
    margin = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
    return (low if include_zero and low == 0 else low - margin), high + margin


def lines(
    series: Sequence[Series],
    *,
    title: str,
    x_label: str,
    y_label: str,
    y_range: tuple[float, float] | None = None,
    y_format: Format = plain,
    log: bool = False,
) -> str:
    """One line per series, with error bars where they are given. `log`: a logarithmic scale, for positive values; at
    others a line has a gap in its points."""
    if log:
        series = [replace(one, points=[(x, y) for x, y in one.points if y > 0], errors=()) for one in series]
    xs = [x for one in series for x, _ in one.points]
    ys = [y for one in series for _, y in one.points]
    log = log and bool(ys)
    axes = Axes(spread(xs), y_range or (decades(ys) if log else spread(ys)), x_label, y_label, plain, y_format, log)
    for one in series:
        path = " ".join(f"{axes.x(x)},{axes.y(y)}" for x, y in one.points)
        axes.marks.append(f'<polyline class="line c{one.colour}" points="{path}"/>')
        radius = 3 if len(one.points) <= 12 else 1.5
        for index, (x, y) in enumerate(one.points):
            tip = f"{one.name}: {x_label} {plain(x)}, {y_format(y)} ({y:.6g})"
            _bar(axes, one, index)
            axes.marks.append(_dot(axes, x, y, radius, one.colour, tip))
    return axes.render(title)


def scatter(
    series: Sequence[Series],
    *,
    title: str,
    x_label: str,
    y_label: str,
    y_range: tuple[float, float] | None = None,
    y_format: Format = plain,
) -> str:
    """Named points with vertical error bars; the names stand beside them."""
    xs = [x for one in series for x, _ in one.points]
    ys = [y for one in series for _, y in one.points]
    low, high = spread(xs, include_zero=True)
    axes = Axes((low, high * 1.15), y_range or spread(ys), x_label, y_label, y_format=y_format)
    taken: list[tuple[float, float]] = []
    for one in series:
        for index, (x, y) in enumerate(one.points):
            _bar(axes, one, index)
            axes.marks.append(_dot(axes, x, y, 5, one.colour, f"{one.name}: {x:.4g} {x_label}, {y:.4g}"))
            place = _free(axes.x(x) + 8, axes.y(y) - 6, taken)
            axes.marks.append(_text("mark", *place, one.name))
    return axes.render(title)


def stacked(
    series: Sequence[Series],
    *,
    title: str,
    x_label: str,
    y_label: str,
    y_range: tuple[float, float] | None = None,
    y_format: Format = plain,
) -> str:
    """A column at each x, of one part per series, the first at the bottom."""
    xs = sorted({x for one in series for x, _ in one.points})
    tops = dict.fromkeys(xs, 0.0)
    for one in series:
        for x, y in one.points:
            tops[x] += y
    gap = min((b - a for a, b in pairwise(xs)), default=1.0)
    across = (xs[0] - gap / 2, xs[-1] + gap / 2) if xs else (0.0, 1.0)
    axes = Axes(across, y_range or spread(list(tops.values()), include_zero=True), x_label, y_label, y_format=y_format)
    width = round((axes.x(across[0] + gap) - axes.x(across[0])) * (0.8 if len(xs) <= 60 else 1.0), 2)
    feet = dict.fromkeys(xs, 0.0)
    for one in series:
        for x, y in one.points:
            if y > 0:
                low, high = axes.y(feet[x]), axes.y(feet[x] + y)
                place = f'x="{axes.x(x) - width / 2:.2f}" y="{high}" width="{width}" height="{low - high:.1f}"'
                tip = escape(f"{one.name}: {x_label} {plain(x)}, {y_format(y)} ({y:.6g})")
                axes.marks.append(f'<rect class="part c{one.colour}" {place}><title>{tip}</title></rect>')
                feet[x] += y
    return axes.render(title)


def bars(items: Sequence[tuple[str, float, str]], *, title: str) -> str:
    """Horizontal bars: name, value, and the text beside the bar."""
    row, name_width, text_width = 24, 130, 110
    longest = max((value for _, value, _ in items), default=0) or 1
    parts = []
    for index, (name, value, text) in enumerate(items):
        y = index * row + 4
        width = round(value / longest * (WIDTH - name_width - text_width), 1)
        parts.append(_text("tick", name_width - 8, y + 12, name, "end"))
        parts.append(f'<rect class="bar" x="{name_width}" y="{y}" width="{max(width, 1)}" height="16" rx="3"/>')
        parts.append(_text("mark", name_width + width + 6, y + 12, text))
    box = f"0 0 {WIDTH} {len(items) * row + 8}"
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


def _free(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """The place nearest below (x, y) where a name does not cover an earlier one."""
    while any(abs(x - other_x) < 110 and abs(y - other_y) < 11 for other_x, other_y in taken):
        y += 2
    taken.append((x, y))
    return x, y


def _dot(axes: Axes, x: float, y: float, radius: float, colour: int, tip: str) -> str:
    centre = f'cx="{axes.x(x)}" cy="{axes.y(y)}" r="{radius}"'
    return f'<circle class="dot c{colour}" {centre}><title>{escape(tip)}</title></circle>'


def _bar(axes: Axes, one: Series, index: int) -> None:
    if not one.errors or not one.errors[index]:
        return
    (x, y), error = one.points[index], one.errors[index]
    low, high = axes.y_range
    top, bottom = axes.y(min(high, y + error)), axes.y(max(low, y - error))
    axes.marks.append(f'<line class="error c{one.colour}" x1="{axes.x(x)}" x2="{axes.x(x)}" y1="{top}" y2="{bottom}"/>')
