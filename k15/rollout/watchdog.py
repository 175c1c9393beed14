"""A watch over work that cannot be interrupted: an engine in this process that hangs takes the process with it.

So the process begins again: it replaces itself by its own command line, and the stage goes on from its last
iteration, as after a kill. Nothing of the iteration is counted twice, since nothing of it has been saved.
"""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Callable

_COUNT = "K15_RESTARTS"


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


def begin_again(why: str, times: int) -> None:
    """This process from its start, at most `times` in a row; after that it ends with exit code 2."""
    begun = int(os.environ.get(_COUNT, "0"))
    if begun >= times:
        print(f"k15: error: {why}, {begun + 1} times; look at load and memory", file=sys.stderr, flush=True)
        os._exit(2)
    print(f"k15: {why}; starting again from the last iteration", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os.environ[_COUNT] = str(begun + 1)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def went_well() -> None:
    """What hung before has not hung again: the count of new starts in a row begins anew."""
    os.environ.pop(_COUNT, None)
