from xml.etree import ElementTree

import pytest

from stages.report.charts import (
    BOTTOM,
    HEIGHT,
    WIDTH,
    Series,
    bars,
    decades,
    lines,
    powers,
    scatter,
    spread,
    stacked,
    ticks,
)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.0, 10.0, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]),
        (-0.3, 0.31, [-0.2, 0.0, 0.2]),
        (97.0, 103.0, [98.0, 100.0, 102.0]),
        (0.0, 1e-6, [0.0, 2e-7, 4e-7, 6e-7, 8e-7, 1e-6]),
    ],
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_ranges_are_never_empty() -> None:
    for values in ([0.0], [5.0, 5.0], [-3.0], [1.0, 2.0]):
        low, high = spread(values)
        assert low < min(values) <= max(values) < high


def test_marks_lie_inside_the_picture_and_carry_their_values() -> None:
    series = [Series("rl <a>", [(0, 0.25), (10, 0.75)], [0.1, 0.1], 2), Series("one", [(5, 0.5)])]
    for draw in (lines, scatter):
        root = ElementTree.fromstring(draw(series, title="t", x_label="x", y_label="y", y_range=(0, 1)))
        dots = [element for element in root.iter() if element.tag == "circle"]
        assert len(dots) == 3
        for dot in dots:
            assert 0 <= float(dot.attrib["cx"]) <= WIDTH and 0 <= float(dot.attrib["cy"]) <= HEIGHT
        assert "0.75" in (dots[1][0].text or "")


def test_bars_are_proportional() -> None:
    root = ElementTree.fromstring(bars([("a", 4.0, "4"), ("b", 1.0, "1"), ("c", 0.0, "0")], title="t"))
    widths = [float(element.attrib["width"]) for element in root.iter() if element.tag == "rect"]
    assert widths[0] == pytest.approx(4 * widths[1])
    assert widths[2] == 1


def test_powers_of_ten() -> None:
    assert decades([3e-6, 2e-4]) == pytest.approx((1e-6, 1e-3))
    assert decades([1e-5]) == pytest.approx((1e-5, 1e-4))
    assert powers(1e-6, 1e-3) == pytest.approx([1e-6, 1e-5, 1e-4, 1e-3])
    assert powers(1e-12, 1.0) == pytest.approx([1e-12, 1e-9, 1e-6, 1e-3, 1.0])


def test_logarithmic_lines() -> None:
    one = Series("a", [(0, 1e-6), (1, 0.0), (2, 1e-5), (3, 1e-4)])
    root = ElementTree.fromstring(lines([one], title="t", x_label="x", y_label="y", log=True))
    heights = [float(element.attrib["cy"]) for element in root.iter() if element.tag == "circle"]
    assert len(heights) == 3  # 0 has no place
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2])
    assert lines([Series("a", [(0, 0.0)])], title="t", x_label="x", y_label="y", log=True)


def test_parts_stand_on_each_other() -> None:
    series = [Series("a", [(0, 0.25), (1, 1.0)], colour=0), Series("b", [(0, 0.75), (1, 0.0)], colour=1)]
    root = ElementTree.fromstring(stacked(series, title="t", x_label="x", y_label="y", y_range=(0, 1)))
    parts = [element.attrib for element in root.iter() if element.tag == "rect"]
    assert len(parts) == 3  # nothing is drawn of 0
    low, whole, high = ((float(p["y"]), float(p["height"])) for p in parts)
    assert sum(low) == pytest.approx(HEIGHT - BOTTOM, abs=0.2) and sum(high) == pytest.approx(low[0], abs=0.2)
    assert whole[1] == pytest.approx(low[1] + high[1], abs=0.2)
    assert stacked([], title="t", x_label="x", y_label="y")
