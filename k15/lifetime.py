"""This process's life: when it began, ending with the process that started it, and beginning again.

Standard library only: what starts it imports it before anything that takes seconds.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_AGAIN = "K15_RESTARTS"
_SINCE = "K15_RESTARTED_AT"


def began_at() -> float:
    """When this process began, imports included, or began again (Linux only, 10 ms exact)."""
    fields = Path("/proc/self/stat").read_text("utf-8").rpartition(")")[2].split()  # a name may hold spaces
    since_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    began = time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)
    return max(began, float(os.environ.get(_SINCE, "0")))


def end_with(parent: int) -> None:
    """SIGKILL for this process as soon as the thread that started it ends; at once if `parent` is not its parent (any
    more). Call it early."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before it could take this process along
        os._exit(1)


def begin_again(why: str, times: int) -> None:
    """This process from its start, at most `times` in a row; after that it ends with exit code 2."""
    begun = int(os.environ.get(_AGAIN, "0"))
    if begun >= times:
        print(f"k15: error: {why}, {begun + 1} times; look at load and memory", file=sys.stderr, flush=True)
        os._exit(2)
    print(f"k15: {why}; starting again from the last iteration", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os.environ |= {_AGAIN: str(begun + 1), _SINCE: str(time.time())}  # the kernel keeps the first start
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def went_well() -> None:
    """What made this process begin again has not come back: the count in a row begins anew."""
    os.environ.pop(_AGAIN, None)
