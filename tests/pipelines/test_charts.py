import base64
import re
import xml.etree.ElementTree as ElementTree

from pipelines.charts import line_chart


def drawings(markdown: str) -> dict[str, str]:
    """Alternative text → SVG."""
    found = re.findall(r"!\[(.*?)\]\(data:image/svg\+xml;base64,(.*?)\)", markdown)
    return {text: base64.b64decode(data).decode() for text, data in found}


def polyline(svg: str) -> list[tuple[float, ...]]:
    line = ElementTree.fromstring(svg).find("{http://www.w3.org/2000/svg}polyline")
    assert line is not None
    return [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]


def test_one_chart_a_numeric_column() -> None:
    rows = [{"step": 1, "loss": 4.0, "phase": "a"}, {"step": 3, "loss": 2.0, "phase": "a"}, {"step": 2, "loss": 3.0}]
    charts = drawings(line_chart(sorted(rows, key=lambda row: int(str(row["step"])))))
    assert list(charts) == ["loss over step"]
    assert polyline(charts["loss over step"]) == [(24.0, 24.0), (240.0, 80.0), (456.0, 136.0)]
    assert "loss: 4 to 2; lowest 2, highest 4" in charts["loss over step"]


def test_without_steps_the_rows_are_counted() -> None:
    charts = drawings(line_chart([{"loss": 1.0}, {"loss": 2.0}, {"loss": 1.0}]))
    assert list(charts) == ["loss over row"]
    assert [x for x, _ in polyline(charts["loss over row"])] == [24.0, 240.0, 456.0]


def test_gaps_and_names_that_need_escaping() -> None:
    charts = drawings(line_chart([{"a<b": 1.0}, {"a<b": None}, {"a<b": 2.0}]))
    assert len(polyline(charts["a<b over row"])) == 2


def test_nothing_to_draw() -> None:
    assert line_chart([{"name": "x", "flag": True}]) == "no numeric series"
