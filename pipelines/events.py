"""What a stage says on its output: plain lines, and `@k15 ` lines with progress (see k15/progress.py).

A line that is not a well-formed event is a plain line, whatever it starts with: nothing is lost.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from k15.progress import EVENT_PREFIX


@dataclass(frozen=True)
class Line:
    text: str


@dataclass(frozen=True)
class Progress:
    label: str
    done: int
    total: int | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    depth: int = 0
    """How many tasks this one is inside of; such a one begins again with every step of those."""

    def figures(self) -> str:
        return " ".join(f"{name}={value:.4g}" for name, value in self.metrics.items())

    @property
    def percent(self) -> float:
        return min(100.0, 100.0 * self.done / self.total) if self.total else 0.0


Event = Line | Progress


def parse(line: str) -> Event:
    if not line.startswith(EVENT_PREFIX):
        return Line(line)
    try:
        event = json.loads(line[len(EVENT_PREFIX) :])
        if event["event"] == "log":
            return Line(str(event["text"]))
        if event["event"] != "progress":
            return Line(line)
        total = None if event["total"] is None else int(event["total"])
        metrics = {str(name): float(value) for name, value in event["metrics"].items()}
        return Progress(str(event["label"]), int(event["done"]), total, metrics, int(event["depth"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Line(line)
