"""Live progress of a stage: a bar on a terminal, JSON events for a supervising flow, plain lines elsewhere.

With K15_EVENTS=1 in the environment every event is one line on standard output, `@k15 ` followed by
JSON: {"event": "progress", "label", "depth", "done", "total", "metrics"} or {"event": "log", "text"}. They pass
through pipes and container logs alike. At most two a second per task; the last one always comes. `depth` is how many
tasks were open when this one began: those inside another come again with each of its steps, so a terminal shows them
only while they run, and plain lines show them sparsely.
"""

import json
import os
import sys
import time
from types import TracebackType
from typing import Any, Self

EVENT_PREFIX = "@k15 "
EVENT_INTERVAL = 0.5
LINE_INTERVAL = 10.0


class Task:
    """One countable piece of work; a context manager, so that its last state is always shown."""

    def __init__(self, progress: "Progress", label: str, total: int | None) -> None:
        self.label, self.total, self.done, self.depth = label, total, 0, progress.open
        progress.open += 1
        self.metrics: dict[str, float] = {}
        self._progress = progress
        self._shown: int | None = None
        self._shown_at = progress.shown_at(self)
        self._bar = progress.bar(self)

    def advance(self, n: int = 1, **metrics: float) -> None:
        """Count `n` more steps as done; `metrics` are the latest figures, such as the loss."""
        self.done += n
        self.metrics.update({name: float(value) for name, value in metrics.items()})
        if self._bar is not None:
            self._bar.set_postfix(self.metrics, refresh=False)
            self._bar.update(n)
        elif self._ends() or time.monotonic() - self._shown_at >= self._progress.interval:
            self._show()

    def close(self) -> None:
        self._progress.open -= 1
        if self._bar is not None:
            self._bar.close()
        elif self._shown != self.done and self._progress.shows_end_of(self):
            self._show()

    def _ends(self) -> bool:
        return self.done == self.total and self._progress.shows_end_of(self)

    def _show(self) -> None:
        self._shown, self._shown_at = self.done, time.monotonic()
        self._progress.report(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Progress:
    """Where a stage reports to; the environment decides on the form. Nowhere unless `shown`."""

    def __init__(self, shown: bool = True) -> None:
        self.shown = shown
        self.events = os.environ.get("K15_EVENTS") == "1"
        self.interval = EVENT_INTERVAL if self.events else LINE_INTERVAL
        self.open = 0
        self._line_of: dict[str, float] = {}

    def task(self, label: str, total: int | None = None) -> Task:
        return Task(self, label, total)

    def log(self, text: str) -> None:
        if not self.shown:
            return
        if self.events:
            self._event({"event": "log", "text": text})
        else:
            print(text, file=sys.stderr, flush=True)

    def bar(self, task: Task) -> Any:
        if self.events or not self.shown or not sys.stderr.isatty():
            return None
        from tqdm import tqdm

        return tqdm(desc=task.label, total=task.total, dynamic_ncols=True, leave=not task.depth)

    def shown_at(self, task: Task) -> float:
        """When a line was last written for what `task` is one more of; long ago for one that is in no other."""
        return self._line_of.get(task.label, 0.0) if task.depth else 0.0

    def shows_end_of(self, task: Task) -> bool:
        """Whether the last state of `task` is due whenever it comes: not as a line for every step of another task."""
        return self.events or not task.depth

    def report(self, task: Task) -> None:
        if not self.shown:
            return
        if self.events:
            state = {name: getattr(task, name) for name in ("label", "depth", "done", "total", "metrics")}
            self._event({"event": "progress", **state})
            return
        self._line_of[task.label] = time.monotonic()
        figures = "".join(f" {name}={value:.4g}" for name, value in task.metrics.items())
        of = "" if task.total is None else f"/{task.total}"
        print(f"{task.label}: {task.done}{of}{figures}", file=sys.stderr, flush=True)

    def _event(self, event: dict[str, Any]) -> None:
        # One write, so that lines of other threads and of C++ libraries do not land inside it.
        sys.stdout.write(EVENT_PREFIX + json.dumps(event) + "\n")
        sys.stdout.flush()
