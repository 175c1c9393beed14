"""The sandbox as an HTTP service, for clusters: `python -m k15.sandbox serve`.

`POST /v1/run`, `/v1/build` and `/v1/functions` take the messages of `wire`; `GET /health` and `GET /metrics`
(Prometheus) are for whoever watches it. The queue is bounded: a request that finds it full is refused with 429 before
its body is read, with a Retry-After that follows from how long runs have taken, so that a flood of requests neither
fills the memory nor makes anybody wait without knowing. A request is a pure function of its message: clients may send
it again. 4xx other than 429 says that the request itself has to change, 5xx that the service failed.

There are no accounts: whoever reaches the port may run programs. Bind it to a network that only its clients reach.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import FastAPI, HTTPException, Request, Response
from prometheus_client import generate_latest
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from k15.errors import UserError
from k15.sandbox import wire
from k15.sandbox.desk import Desk, Door
from k15.sandbox.languages import installed
from k15.sandbox.layers import probe
from k15.sandbox.pool import Sandbox
from k15.sandbox.types import Program, Result
from k15.sandbox.wire import Ceilings

LARGEST_ANSWER_BYTES = 256 << 20
"""Of the outputs of one request together."""
ARRIVAL_S = 300.0
"""In which the body of a request has to arrive."""

Message = TypeVar("Message", bound=BaseModel)


def create_app(sandbox: Sandbox, *, queue: int, ceilings: Ceilings) -> FastAPI:
    """The service over `sandbox`, which its caller starts and closes. `queue`: how many requests may wait."""
    desk = Desk(sandbox, queue)
    known = {
        "slots": sandbox.slots,
        "languages": sorted(installed()),
        "layers": {layer.name: layer.detail for layer in probe() if layer.available},
    }

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.threads.shutdown(wait=False, cancel_futures=True)

    app = FastAPI(title="k15 sandbox", lifespan=lifespan)
    app.add_middleware(Door, desk=desk)

    @app.post("/v1/run")
    async def run(request: Request) -> Response:
        return await _serve(desk, request, wire.RunMessage, lambda message: _run(desk, message, ceilings))

    @app.post("/v1/build")
    async def build(request: Request) -> Response:
        return await _serve(desk, request, wire.BuildMessage, lambda message: _build(desk, message))

    @app.post("/v1/functions")
    async def functions(request: Request) -> Response:
        return await _serve(desk, request, wire.FunctionsMessage, lambda message: _functions(desk, message, ceilings))

    @app.get("/health")
    def health() -> dict[str, Any]:
        if trouble := desk.trouble():
            raise HTTPException(503, trouble)
        return {"status": "ok", **known}

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(desk.registry), media_type="text/plain; version=0.0.4")

    return app


async def _serve(
    desk: Desk, request: Request, kind: type[Message], work: Callable[[Message], dict[str, Any]]
) -> Response:
    """The answer of `work`, in a thread of the desk like everything that takes long with a large message."""
    try:
        async with asyncio.timeout(ARRIVAL_S):
            body = await request.body()
    except TimeoutError:
        raise HTTPException(503, f"the request did not arrive within {ARRIVAL_S:.0f} s; send it again") from None
    except ClientDisconnect:
        raise HTTPException(400, "the request ends early") from None

    def answer() -> bytes:
        message = _read(kind, body)
        try:
            return json.dumps(work(message)).encode()
        except UserError as error:
            raise HTTPException(400, wire.clean(str(error))) from None

    return Response(await desk.work(answer), media_type="application/json")


def _read(kind: type[Message], body: bytes) -> Message:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        # Without the input, which pydantic would show as well.
        found = error.errors(include_url=False, include_input=False, include_context=False)
        wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in found[:5])
        raise HTTPException(422, wire.clean(wrong)) from None


def _run(desk: Desk, message: wire.RunMessage, ceilings: Ceilings) -> dict[str, Any]:
    limits = ceilings.allow(message.limits)
    built = desk.sandbox.build(message.language, message.source)
    results: list[dict[str, Any]] = []
    size = 0
    for stdin in message.stdins:
        if isinstance(built, Result):
            result = built
        else:
            result = desk.sandbox.run_program(built, stdin=stdin, args=message.args, files=message.files, limits=limits)
        desk.counted(result.status)
        size += len(result.stdout) + len(result.stderr)
        if size > LARGEST_ANSWER_BYTES:
            most = LARGEST_ANSWER_BYTES >> 20
            raise HTTPException(413, f"the outputs have more than {most} MiB; send fewer stdins, or lower output_kib")
        results.append(wire.pack_result(result))
    return {"results": results}


def _build(desk: Desk, message: wire.BuildMessage) -> dict[str, Any]:
    built = desk.sandbox.build(message.language, message.source)
    return {"result": wire.pack_result(Result("ok") if isinstance(built, Program) else built)}


def _functions(desk: Desk, message: wire.FunctionsMessage, ceilings: Ceilings) -> dict[str, Any]:
    result = desk.sandbox.test_functions(
        message.source,
        message.tests,
        entry_point=message.entry_point,
        given=message.given,
        before=message.before,
        limits=ceilings.allow(message.limits),
    )
    desk.counted(result.status)
    return wire.pack_functions(result)
