"""What stands between the requests of the service and its sandbox: how many are let in, and what happened to them."""

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fastapi import HTTPException
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from k15.sandbox.pool import Sandbox

T = TypeVar("T")

LARGEST_REQUEST_BYTES = 256 << 20
MOST_HELD_BYTES = 1 << 30
"""Of all requests inside together."""
FAILURES_IN_A_ROW = 5
"""After so many infrastructure errors without a verdict the service doubts itself."""
_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)


class Desk:
    def __init__(self, sandbox: Sandbox, queue: int) -> None:
        self.sandbox = sandbox
        self.capacity = sandbox.slots + queue
        self.threads = ThreadPoolExecutor(sandbox.slots)
        self.registry = CollectorRegistry()
        self._inside = Gauge("k15_sandbox_requests", "Requests that run or wait.", registry=self.registry)
        self._refused = Counter(
            "k15_sandbox_refused", "Requests refused because the queue was full.", registry=self.registry
        )
        self._verdicts = Counter("k15_sandbox_runs", "Runs by verdict.", ["status"], registry=self.registry)
        self._seconds = Histogram(
            "k15_sandbox_request_seconds", "Time at work on a request.", buckets=_BUCKETS, registry=self.registry
        )
        Gauge("k15_sandbox_slots", "Programs that run at once.", registry=self.registry).set(sandbox.slots)
        self.inside = self.held_bytes = 0  # of the event loop alone
        self._failures = 0
        self._usual_s = 0.1
        self._lock = threading.Lock()
        self._trial = threading.Lock()

    def enter(self) -> None:
        """429 where too many are inside."""
        if self.inside >= self.capacity:
            raise self.full()
        self.inside += 1
        self._inside.set(self.inside)

    def leave(self) -> None:
        self.inside -= 1
        self._inside.set(self.inside)

    def full(self) -> HTTPException:
        self._refused.inc()
        # Until about half of the queue is through.
        wait = max(1, math.ceil(self._usual_s * self.capacity / self.sandbox.slots / 2))
        return HTTPException(429, "the queue is full; try again later", {"Retry-After": str(wait)})

    async def work(self, action: Callable[[], T]) -> T:
        """What `action` returns, once a thread is free for it. 503 where the service ends before."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, self._timed, action)
        except asyncio.CancelledError:
            raise HTTPException(503, "the service ends; ask again later") from None

    def _timed(self, action: Callable[[], T]) -> T:
        begun = time.monotonic()
        try:
            return action()
        finally:
            spent = time.monotonic() - begun
            self._seconds.observe(spent)
            with self._lock:
                self._usual_s += 0.1 * (spent - self._usual_s)

    def counted(self, status: str) -> None:
        self._verdicts.labels(status).inc()
        with self._lock:
            self._failures = self._failures + 1 if status == "infrastructure_error" else 0

    def trouble(self) -> str:
        """Why the service is of no use, "" where it is. When it doubts itself, a program of its own decides: tests
        that nobody could run are infrastructure errors as well."""
        if self._failures < FAILURES_IN_A_ROW:
            return ""
        if not self._trial.acquire(blocking=False):
            return "the last requests all ended as infrastructure errors"
        try:
            result = self.sandbox.run("python", "")
        finally:
            self._trial.release()
        if result.status == "infrastructure_error":
            return f"no program can be run ({result.why})"
        with self._lock:
            self._failures = 0
        return ""


class Door:
    """ASGI middleware before everything that reads a request: who is let in, and how much of it."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self.app = app
        self.desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        try:
            _announced(scope)
            self.desk.enter()
        except HTTPException as error:
            await JSONResponse({"detail": error.detail}, error.status_code, error.headers)(scope, receive, send)
            return
        body = _Body(self.desk, receive)
        try:
            await self.app(scope, body.receive, send)
        finally:
            self.desk.held_bytes -= body.size
            self.desk.leave()


class _Body:
    """A request's body on its way in, however it is sent."""

    def __init__(self, desk: Desk, receive: Receive) -> None:
        self.size = 0
        self._desk = desk
        self._receive = receive

    async def receive(self) -> Message:
        message = await self._receive()
        size = len(message.get("body", b""))
        if self.size + size > LARGEST_REQUEST_BYTES:
            raise _too_large()
        if self._desk.held_bytes + size > MOST_HELD_BYTES:
            raise self._desk.full()
        self.size += size
        self._desk.held_bytes += size
        return message


def _announced(scope: Scope) -> None:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit() or int(length) > LARGEST_REQUEST_BYTES:
        raise _too_large()


def _too_large() -> HTTPException:
    return HTTPException(413, f"a request may have {LARGEST_REQUEST_BYTES >> 20} MiB; make it smaller")
