import pytest

from pipelines.events import Line, Progress, parse


def test_progress_event() -> None:
    event = parse(
        '@k15 {"event": "progress", "label": "steps", "depth": 1, "done": 3, "total": 12, "metrics": {"loss": 1.25}}'
    )
    assert event == Progress("steps", 3, 12, {"loss": 1.25}, depth=1)
    assert event.percent == 25.0
    assert event.figures() == "loss=1.25"


def test_progress_without_total_has_no_percentage() -> None:
    event = parse('@k15 {"event": "progress", "label": "x", "depth": 0, "done": 3, "total": null, "metrics": {}}')
    assert isinstance(event, Progress)
    assert event.percent == 0.0


def test_log_event_is_its_text() -> None:
    assert parse('@k15 {"event": "log", "text": "kept 3 of 4"}') == Line("kept 3 of 4")


@pytest.mark.parametrize(
    "line",
    [
        "an ordinary line",
        "@k15 {broken",
        "@k15 []",
        '@k15 {"event": "other"}',
        '@k15 {"event": "progress", "label": "x", "depth": 0, "done": "many", "total": 1, "metrics": {}}',
        '@k15 {"event": "progress", "label": "x", "depth": 0, "done": 1, "total": 1, "metrics": 3}',
    ],
)
def test_anything_else_stays_a_line(line: str) -> None:
    assert parse(line) == Line(line)
