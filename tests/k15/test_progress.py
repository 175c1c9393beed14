"""Progress events and plain lines."""

import json

import pytest

from k15.progress import EVENT_PREFIX, Progress


def events(text: str) -> list[dict[str, object]]:
    assert all(line.startswith(EVENT_PREFIX) for line in text.splitlines())
    return [json.loads(line.removeprefix(EVENT_PREFIX)) for line in text.splitlines()]


def test_events(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("K15_EVENTS", "1")
    progress = Progress()
    with progress.task("train", 1000) as task:
        for step in range(1000):
            task.advance(loss=1 / (step + 1))
    progress.log("文")
    first, *_, last, log = events(capsys.readouterr().out)
    assert first["event"] == last["event"] == "progress"
    assert (first["done"], first["total"], first["label"]) == (1, 1000, "train")
    assert (last["done"], last["metrics"]) == (1000, {"loss": 0.001})
    assert log == {"event": "log", "text": "文"}


def test_events_are_few_and_the_last_state_is_among_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("K15_EVENTS", "1")
    with pytest.raises(KeyError), Progress().task("read") as task:
        for _ in range(10_000):
            task.advance()
        raise KeyError
    seen = events(capsys.readouterr().out)
    assert len(seen) < 100
    assert seen[-1]["done"] == 10_000
    assert seen[-1]["total"] is None


def test_plain_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("K15_EVENTS", raising=False)
    progress = Progress()
    with progress.task("train", 3) as task:
        for _ in range(3):
            task.advance(loss=0.5)
    progress.log("done")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == ["train: 1/3 loss=0.5", "train: 3/3 loss=0.5", "done"]


def test_events_say_how_deep_a_task_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("K15_EVENTS", "1")
    progress = Progress()
    with progress.task("iterations", 2) as outer:
        for _ in range(2):
            with progress.task("responses", 1) as inner:
                inner.advance()
            outer.advance()
    with progress.task("after", 1) as task:
        task.advance()
    seen = {(event["label"], event["depth"], event["done"]) for event in events(capsys.readouterr().out)}
    assert seen == {("responses", 1, 1), ("iterations", 0, 1), ("iterations", 0, 2), ("after", 0, 1)}


def test_plain_lines_of_inner_tasks_are_sparse(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("K15_EVENTS", raising=False)
    progress = Progress()
    with progress.task("iterations", 50) as outer:
        for _ in range(50):
            with progress.task("responses", 3) as inner:
                for _ in range(3):
                    inner.advance()
            outer.advance()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "responses: 1/3" and lines[-1] == "iterations: 50/50"
    assert len(lines) < 10
