"""A watch over work that cannot be interrupted: an engine in this process that hangs takes the process with it.

So the process begins again (`lifetime.begin_again`): it replaces itself by its own command line, and the stage goes on
from its last iteration, as after a kill. Nothing of the iteration is counted twice, since nothing of it has been saved.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable


class Watchdog:
    """Calls `act`, from a thread of its own, once something that runs inside it (`with`) has taken `limit_s`."""

    def __init__(self, limit_s: float, act: Callable[[], None]) -> None:
        self._limit_s, self._act = limit_s, act
        self._closed = threading.Event()
        self._since = math.inf  # nothing is running
        threading.Thread(target=self._watch, daemon=True).start()

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._since = math.inf

    def close(self) -> None:
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(min(1.0, self._limit_s / 4)):
            if time.monotonic() - self._since >= self._limit_s:
                self._act()
                return
