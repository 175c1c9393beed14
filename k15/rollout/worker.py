"""The child process of `member.ProcessMember`: an engine that answers the parent's requests one after the other.

It first receives the engine's arguments, then requests (number, method, arguments). An answer is the request's number
and ("result", value), ("refused", a user's mistake) or ("failed", traceback); before the result of `run` come any
number of ("chunks", list). A message that comes in the middle of a run ends it.
"""

from __future__ import annotations

import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from k15.errors import UserError
from k15.lifetime import end_with

_EVERY_S = 1.0
"""How often the parent hears of responses that go on: what it must sample again if this process dies."""
_GATHER_S = 0.05


def serve(connection: Connection) -> None:
    """Until the parent hangs up."""
    arguments = connection.recv()
    kind, engine = _attempt(lambda: _engine(arguments))
    while True:
        number, method, values = connection.recv()
        action = partial(_call, engine, method, values, connection, number)
        answer = _attempt(action) if kind == "result" else (kind, engine)
        connection.send((number, *answer))


def _attempt(action: Callable[[], Any]) -> tuple[str, Any]:
    try:
        return "result", action()
    except UserError as error:
        return "refused", str(error)
    except ConnectionError:
        raise
    except Exception:
        return "failed", traceback.format_exc()


def _engine(arguments: dict[str, Any]) -> Any:
    from k15.rollout.engine import Engine  # not before the signals are set: it takes seconds

    return Engine(**arguments)


def _call(engine: Any, method: str, arguments: tuple[Any, ...], connection: Connection, number: int) -> Any:
    from k15.rollout.shared_weights import attached

    match method:
        case "run":
            return _run(engine, arguments[0], connection, number)
        case "update_weights":
            return engine.update_weights(attached(arguments[0]))
        case "weight_digests":
            return engine.weight_digests()
        case "logprobs":
            return engine.logprobs(*arguments)[0]
        case "release":
            return engine.release()
        case "forget":
            return None
    raise ValueError(f"unknown request {method}")


def _run(engine: Any, order: Any, connection: Connection, number: int) -> None:
    waiting: list[Any] = []
    sent = time.monotonic()
    chunks = engine.run(order, _EVERY_S)
    for chunk in chunks:
        waiting.append(chunk)
        if time.monotonic() - sent < _GATHER_S:
            continue
        if connection.poll():
            chunks.close()
            return
        connection.send((number, "chunks", waiting))
        waiting, sent = [], time.monotonic()
    connection.send((number, "chunks", waiting))


def main(descriptor: int, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    end_with(parent)
    try:
        serve(Connection(descriptor))
    except (EOFError, ConnectionError):
        return


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
