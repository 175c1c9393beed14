"""The child process of `replicas`: an engine that answers the parent's requests one after the other.

Requests are (method, arguments); an answer is ("result", value), ("refused", a user's mistake) or ("failed",
traceback), with one ("finished", None) for every prompt done on the way.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any

from safetensors.torch import load

from k15.errors import UserError
from k15.rollout.engine import Engine

_PR_SET_PDEATHSIG = 1


class Reporter:
    """Stands for the parent's progress task."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def advance(self) -> None:
        self._connection.send(("finished", None))


def serve(connection: Connection) -> None:
    """Until the parent hangs up."""
    try:
        engine = Engine(**connection.recv())
        while True:
            method, arguments = connection.recv()
            try:
                answer = ("result", _call(engine, connection, method, arguments))
            except UserError as error:
                answer = ("refused", str(error))
            except Exception:
                answer = ("failed", traceback.format_exc())
            connection.send(answer)
    except (EOFError, OSError, UserError):  # what is wrong with the start is wrong with the parent's engine too
        return


def _call(engine: Engine, connection: Connection, method: str, arguments: tuple[Any, ...]) -> Any:
    if method == "generate":
        prompts, sampling = arguments
        return engine.generate(prompts, sampling, Reporter(connection))  # type: ignore[arg-type]
    if method == "update_weights":
        return engine.update_weights(load(*arguments))
    return engine.weight_digests()


def main(descriptor: int, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:  # or it died before it could take this process along
        serve(Connection(descriptor))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
