"""A stage's output on the terminal: its lines, and its progress as bars (or as sparse lines elsewhere)."""

import sys
import time
from typing import Any

from pipelines.events import Event, Line, Progress

LINE_SECONDS = 15.0


class Terminal:
    def __init__(self, name: str) -> None:
        self._name = name
        self._interactive = sys.stderr.isatty()
        self._bars: dict[str, Any] = {}
        self._shown: dict[str, float] = {}

    def show(self, event: Event) -> None:
        match event:
            case Line(text):
                self._print(text)
            case Progress() if self._interactive:
                self._draw(event)
            case Progress():
                self._report(event)

    def say(self, text: str) -> None:
        """One line of this process, not of the stage."""
        sys.stderr.write(f"k15 {self._name}: {text}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Inner bars first: those that are left on the screen move up into the place of one that goes."""
        while self._bars:
            self._bars.popitem()[1].close()

    def _print(self, text: str) -> None:
        if self._bars:
            from tqdm import tqdm

            tqdm.write(text)
        else:
            print(text, flush=True)

    def _draw(self, event: Progress) -> None:
        from tqdm import tqdm

        bar = self._bars.get(event.label)
        if bar is None:
            settings = {"dynamic_ncols": True, "leave": not event.depth}
            bar = self._bars[event.label] = tqdm(desc=event.label, total=event.total, **settings)
        elif event.done < bar.n:  # the next one of this name
            bar.reset(event.total)
        bar.set_postfix_str(event.figures(), refresh=False)
        bar.update(event.done - bar.n)
        bar.refresh()
        if event.done == event.total and not event.depth:
            self.close()

    def _report(self, event: Progress) -> None:
        now = time.monotonic()
        due = event.done == event.total and not event.depth
        if not due and now - self._shown.setdefault(event.label, now) < LINE_SECONDS:
            return
        self._shown[event.label] = now
        of = "" if event.total is None else f"/{event.total}"
        print(f"{event.label}: {event.done}{of} {event.figures()}".rstrip(), flush=True)
