"""An engine outside the trainer's process, as the fleet sees it, and the kind that hangs on a pipe.

A member may die or hang. Everything that asks it for something raises `EngineLost` then; `restart` brings up another in
its place, with the weights of its export, so the fleet gives it the newest ones again.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from k15 import ranks
from k15.errors import UserError
from k15.rollout.shared_weights import Handle
from k15.rollout.types import Chunk, Order, Prompt

_ROOT = Path(__file__).resolve().parents[2]
START_S = 600.0
"""An engine that has not come up by then never will."""


class EngineLost(Exception):
    """The engine has ended, or has not moved for too long; its text says which."""


class Member(ABC):
    """One engine of a fleet; its methods block, and raise `EngineLost`, or `UserError` for what was asked of it."""

    stream_per_response = False
    """Whether a response's draws are its own, whatever else the engine samples; else all of an order share one
    stream."""

    @property
    @abstractmethod
    def pid(self) -> int:
        """Of the process that is the engine, or has it."""

    @abstractmethod
    def run(self, order: Order) -> Iterator[Chunk]:
        """As `RolloutEngine.run`; tokens come at least once a second."""

    @abstractmethod
    def update_weights(self, handle: Handle) -> None: ...

    @abstractmethod
    def weight_digests(self) -> dict[str, str]: ...

    @abstractmethod
    def logprobs(self, prompt: Prompt, response: Sequence[int]) -> list[float]: ...

    @abstractmethod
    def release(self) -> None: ...

    @abstractmethod
    def restart(self) -> None:
        """Another engine in place of this one."""

    @abstractmethod
    def close(self) -> None: ...


class ProcessMember(Member):
    """An engine in a process of its own (`k15.rollout.worker`), which ends with the thread that started it."""

    def __init__(self, arguments: dict[str, Any], hang_s: float) -> None:
        self._arguments, self._hang_s = arguments, hang_s
        self._start()

    def _start(self) -> None:
        here, there = socket.socketpair()
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "k15.rollout.worker", str(there.fileno()), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            pass_fds=[there.fileno()],
            env={**ranks.without(), "PYTHONPATH": path},
        )
        there.close()
        self._socket = here
        self._connection = Connection(os.dup(here.fileno()))
        self._wait_for(START_S)
        self._asked = 0
        self._send(self._arguments)

    @property
    def pid(self) -> int:
        return self.process.pid

    def run(self, order: Order) -> Iterator[Chunk]:
        self._ask("run", order)
        ended = False
        try:
            while not ended:
                kind, value = self._receive()
                if kind == "chunks":
                    yield from value
                else:
                    ended = True
        finally:
            if not ended:  # the consumer has given up: so does the engine, at its next step
                self._ask("forget")

    def update_weights(self, handle: Handle) -> None:
        self._call("update_weights", handle)

    def weight_digests(self) -> dict[str, str]:
        digests: dict[str, str] = self._call("weight_digests")
        return digests

    def logprobs(self, prompt: Prompt, response: Sequence[int]) -> list[float]:
        values: list[float] = self._call("logprobs", prompt, list(response))
        return values

    def release(self) -> None:
        self._call("release")

    def restart(self) -> None:
        self.close()
        self._start()

    def close(self) -> None:
        self._connection.close()
        self._socket.close()
        self.process.kill()  # it holds nothing that has to be put away
        self.process.wait()

    def _call(self, method: str, *arguments: Any) -> Any:
        self._ask(method, *arguments)
        return self._receive()[1]

    def _ask(self, method: str, *arguments: Any) -> None:
        self._asked += 1
        self._send((self._asked, method, arguments))

    def _receive(self) -> tuple[str, Any]:
        """The next part of the answer to what was asked last: ("chunks", ...) or, at its end, ("result", value)."""
        number = 0
        while number < self._asked:  # earlier ones are of calls that failed before they were read
            try:
                if not self._connection.poll(self._patience):
                    raise self._stuck()
                number, kind, value = self._connection.recv()
            except BlockingIOError:
                raise self._stuck() from None
            except (EOFError, OSError):
                raise self._lost() from None
        self._wait_for(self._hang_s)
        if kind == "refused":
            raise UserError(value)
        if kind == "failed":
            raise RuntimeError(f"an engine failed:\n{value}")
        return kind, value

    def _send(self, message: Any) -> None:
        try:
            self._connection.send(message)
        except BlockingIOError:
            raise self._stuck() from None
        except OSError:
            raise self._lost() from None

    def _wait_for(self, seconds: float) -> None:
        """How long to wait for an answer from now on, and for either end of a message that has begun."""
        self._patience = seconds
        timeout = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
        for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, option, timeout)

    def _stuck(self) -> EngineLost:
        return EngineLost(f"has not moved for {self._patience:g} s")

    def _lost(self) -> EngineLost:
        code = self.process.wait()
        return EngineLost(
            "was killed, perhaps for want of memory" if code == -9 else f"ended with code {code}, see its output above"
        )
