"""Line charts as markdown, one small inline SVG a series; importing a plotting library would cost more."""

import base64
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 480, 160, 24
AXES = ("iteration", "step")
COLOR = "#1f77b4"


def line_chart(rows: list[dict[str, Any]]) -> str:
    """Markdown with a chart for each numeric column over `iteration` or `step`, or else over the row's number."""
    x, places = _axis(rows)
    parts = []
    for name in sorted({name for row in rows for name in row} - {*AXES}):
        points = [(place, float(row[name])) for place, row in zip(places, rows, strict=True) if _number(row.get(name))]
        if points:
            image = base64.b64encode(_svg(points, x, name).encode()).decode()
            parts.append(f"![{name} over {x}](data:image/svg+xml;base64,{image})")
    return "\n\n".join(parts) or "no numeric series"


def _axis(rows: list[dict[str, Any]]) -> tuple[str, list[float]]:
    for name in AXES:
        if all(_number(row.get(name)) for row in rows):
            return name, [float(row[name]) for row in rows]
    return "row", [float(number) for number in range(1, len(rows) + 1)]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _svg(points: list[tuple[float, float]], x: str, y: str) -> str:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    left, low = min(xs), min(ys)
    across, up = (max(xs) - left) or 1.0, (max(ys) - low) or 1.0
    path = " ".join(
        f"{MARGIN + (px - left) / across * (WIDTH - 2 * MARGIN):.1f},"
        f"{HEIGHT - MARGIN - (py - low) / up * (HEIGHT - 2 * MARGIN):.1f}"
        for px, py in points
    )
    label = f"{y}: {ys[0]:.4g} to {ys[-1]:.4g}; lowest {low:.4g}, highest {max(ys):.4g}"
    axis = f"{x} {left:g} to {max(xs):g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
        f'font-size="12"><rect width="100%" height="100%" fill="white"/>'
        f'<text x="{MARGIN}" y="15">{escape(label)}</text>'
        f'<text x="{MARGIN}" y="{HEIGHT - 6}" fill="gray">{escape(axis)}</text>'
        f'<polyline points="{path}" fill="none" stroke="{COLOR}" stroke-width="1.5"/></svg>'
    )
