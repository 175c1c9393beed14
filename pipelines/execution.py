"""One run of one stage: started at once, echoed to the terminal, its events handed to whoever follows it.

The run does not depend on its followers: `echo` alone sees the stage to its end.
"""

import queue
from collections.abc import Iterator
from pathlib import Path

from pipelines.events import Event, parse
from pipelines.runners import Handle
from pipelines.terminal import Terminal


class Execution:
    def __init__(self, stage: str, variant: str | None, root: Path, handle: Handle) -> None:
        self.stage, self.variant, self.root = stage, variant, root
        self.name = f"{stage}@{variant}" if variant else stage
        self.code: int | None = None
        self.cancelled = ""
        self._handle = handle
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()

    def echo(self, terminal: Terminal) -> int:
        """Show the output until the stage has ended; its exit status. After an interruption: call it again."""
        try:
            for line in self._handle.lines():
                event = parse(line)
                self._events.put(event)
                terminal.show(event)
            self.code = self._handle.wait()
        finally:
            terminal.close()
        self._events.put(None)
        return self.code

    def cancel(self, why: str) -> None:
        """End the stage; `echo` then sees its last lines and its status."""
        self.cancelled = self.cancelled or why
        self._handle.cancel()

    def events(self, patience: float) -> Iterator[Event | None]:
        """For one follower: the events so far and to come, with a None whenever `patience` seconds bring none."""
        while True:
            try:
                event = self._events.get(timeout=patience)
            except queue.Empty:
                yield None
                continue
            if event is None:
                return
            yield event

    def outcome(self) -> str:
        """One line on an unsuccessful end; empty after success."""
        if self.code is None:
            return "did not end"
        if self.cancelled:
            return f"cancelled ({self.cancelled})"
        if self.code == 137:
            return "killed (SIGKILL; was memory short?)"
        return f"failed with exit status {self.code}" if self.code else ""
