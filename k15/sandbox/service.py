"""The sandbox as an HTTP service, for clusters: `python -m k15.sandbox serve`.

`POST /v1/run`, `/v1/build` and `/v1/functions` take the messages of `wire`; `GET /health` and `GET /metrics`
(Prometheus) are for whoever watches it. The queue is bounded: a request that finds it full is refused at once with 429
and a Retry-After that follows from how long runs have taken, so that a flood of requests neither fills the memory nor
makes anybody wait without knowing. A request is a pure function of its message: clients may send it again.

There are no accounts: whoever reaches the port may run programs. Bind it to a network that only its clients reach.
"""

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from k15.errors import UserError
from k15.sandbox import wire
from k15.sandbox.languages import installed
from k15.sandbox.layers import probe
from k15.sandbox.pool import Sandbox
from k15.sandbox.types import Program, Result

LARGEST_REQUEST_BYTES = 256 << 20
_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)


class Desk:
    """Lets as many requests in as the queue holds, and counts what happens to them."""

    def __init__(self, sandbox: Sandbox, queue: int) -> None:
        self.sandbox = sandbox
        self.capacity = sandbox.slots + queue
        self.threads = ThreadPoolExecutor(sandbox.slots)
        self.registry = CollectorRegistry()
        self.inside = Gauge("k15_sandbox_requests", "Requests that run or wait.", registry=self.registry)
        self.refused = Counter(
            "k15_sandbox_refused", "Requests refused because the queue was full.", registry=self.registry
        )
        self.verdicts = Counter("k15_sandbox_runs", "Runs by verdict.", ["status"], registry=self.registry)
        self.seconds = Histogram(
            "k15_sandbox_request_seconds", "Time at work on a request.", buckets=_BUCKETS, registry=self.registry
        )
        Gauge("k15_sandbox_slots", "Programs that run at once.", registry=self.registry).set(sandbox.slots)
        self._inside = 0
        self._usual_s = 0.1
        self._lock = threading.Lock()

    async def serve(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The answer of `work`; 429 where too many wait already, 400 for what its sender must mend."""
        if self._inside >= self.capacity:
            self.refused.inc()
            raise HTTPException(429, "the queue is full; try again later", {"Retry-After": str(self.retry_after())})
        self._inside += 1
        self.inside.set(self._inside)
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, self._timed, work)
        except (UserError, ValueError) as error:
            raise HTTPException(400, str(error)) from None
        finally:
            self._inside -= 1
            self.inside.set(self._inside)

    def _timed(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        begun = time.monotonic()
        try:
            return work()
        finally:
            spent = time.monotonic() - begun
            self.seconds.observe(spent)
            with self._lock:
                self._usual_s += 0.1 * (spent - self._usual_s)

    def retry_after(self) -> int:
        """Seconds until about half of the queue is through."""
        return max(1, math.ceil(self._usual_s * self.capacity / self.sandbox.slots / 2))

    def counted(self, status: str) -> None:
        self.verdicts.labels(status).inc()


def create_app(sandbox: Sandbox, *, queue: int = 64) -> FastAPI:
    """The service over `sandbox`, which it closes at its end. `queue`: how many requests may wait."""
    desk = Desk(sandbox, queue)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> Any:
        await asyncio.to_thread(sandbox.start)
        yield
        await asyncio.to_thread(sandbox.close)

    app = FastAPI(title="k15 sandbox", lifespan=lifespan)
    app.middleware("http")(_refuse_large)

    @app.post("/v1/run")
    async def run(message: wire.RunMessage) -> dict[str, Any]:
        return await desk.serve(lambda: _run(desk, message))

    @app.post("/v1/build")
    async def build(message: wire.BuildMessage) -> dict[str, Any]:
        return await desk.serve(lambda: _build(desk, message))

    @app.post("/v1/functions")
    async def functions(message: wire.FunctionsMessage) -> dict[str, Any]:
        return await desk.serve(lambda: _functions(desk, message))

    @app.get("/health")
    def health() -> dict[str, Any]:
        layers = {layer.name: layer.detail for layer in probe() if layer.available}
        return {"status": "ok", "slots": sandbox.slots, "languages": sorted(installed()), "layers": layers}

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(desk.registry), media_type="text/plain; version=0.0.4")

    return app


async def _refuse_large(request: Request, proceed: Callable[[Request], Any]) -> Response:
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST_REQUEST_BYTES:
        return Response(f"a request may have {LARGEST_REQUEST_BYTES >> 20} MiB", 413)
    answer: Response = await proceed(request)
    return answer


def _run(desk: Desk, message: wire.RunMessage) -> dict[str, Any]:
    built = desk.sandbox.build(message.language, message.source)
    inputs = [wire.to_bytes(stdin) for stdin in message.stdins]
    files = {name: wire.to_bytes(content) for name, content in message.files.items()}
    results = []
    for given in inputs:
        if isinstance(built, Result):
            result = built
        else:
            limits = message.limits.value()
            result = desk.sandbox.run_program(built, stdin=given, args=message.args, files=files, limits=limits)
        desk.counted(result.status)
        results.append(wire.pack_result(result))
    return {"results": results}


def _build(desk: Desk, message: wire.BuildMessage) -> dict[str, Any]:
    built = desk.sandbox.build(message.language, message.source)
    return {"result": wire.pack_result(Result("ok") if isinstance(built, Program) else built)}


def _functions(desk: Desk, message: wire.FunctionsMessage) -> dict[str, Any]:
    result = desk.sandbox.test_functions(
        message.source,
        message.tests,
        entry_point=message.entry_point,
        given=message.given,
        before=message.before,
        limits=message.limits.value(),
    )
    desk.counted(result.status)
    return wire.pack_functions(result)
