"""The child process of `replicas`: an engine that answers the parent's requests one after the other.

It first receives the engine's arguments, then requests (number, method, arguments). An answer is the request's number
and ("result", value), ("refused", a user's mistake) or ("failed", traceback).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from k15.errors import UserError

_PR_SET_PDEATHSIG = 1


def serve(connection: Connection) -> None:
    """Until the parent hangs up."""
    arguments = connection.recv()
    kind, engine = _attempt(lambda: _engine(arguments))
    while True:
        number, method, values = connection.recv()
        answer = _attempt(partial(_call, engine, method, values)) if kind == "result" else (kind, engine)
        connection.send((number, *answer))


def _attempt(action: Callable[[], Any]) -> tuple[str, Any]:
    try:
        return "result", action()
    except UserError as error:
        return "refused", str(error)
    except Exception:
        return "failed", traceback.format_exc()


def _engine(arguments: dict[str, Any]) -> Any:
    from k15.rollout.engine import Engine  # not before the signals are set: it takes seconds

    return Engine(**arguments)


def _call(engine: Any, method: str, arguments: tuple[Any, ...]) -> Any:
    from safetensors.torch import load

    match method:
        case "generate":
            return engine.generate(*arguments)
        case "update_weights":
            return engine.update_weights(load(arguments[0]))
        case "weight_digests":
            return engine.weight_digests()
    raise ValueError(f"unknown request {method}")


def main(descriptor: int, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before it could take this process along
        return
    try:
        serve(Connection(descriptor))
    except (EOFError, ConnectionError):
        return


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
