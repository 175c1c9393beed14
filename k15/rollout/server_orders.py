"""The routes of `server` that sample: an `Order` in, `Chunk`s out while they are sampled, as lines of JSON.

Guarantees: all requests reach the engine before its first step, every response has a random stream of its own, and what
counts as sampled ends with a step, so an order's chunks do not depend on timing. One order at a time; a client that
hangs up ends its order.
Why not vLLM's `/inference/v1/generate`: a connection a response and an event a token would cost a small model most of
its speed, and no budget spans its requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from vllm.sampling_params import RequestOutputKind
from vllm.v1.engine.exceptions import EngineDeadError

from k15.errors import UserError
from k15.rollout import server_wire as wire
from k15.rollout.inputs import Inputs, scoring
from k15.rollout.server_tally import Tally
from k15.rollout.types import Chunk, Order
from k15.seeds import derive

router = APIRouter()
_one_at_a_time = asyncio.Lock()
_TICK_S = 0.05
_SUBMITTED_AT_ONCE = 64


@router.post(wire.ORDERS)
async def sample(request: Request) -> Response:
    order, inputs = wire.read_order(await request.body()), _inputs(request)
    try:
        for one in order.requests:
            inputs.check(one)
        prepared = [inputs.given(one) for one in order.requests]
    except UserError as error:
        return JSONResponse({"refused": str(error)}, status_code=400)
    return StreamingResponse(_lines(request, order, prepared), media_type="application/x-ndjson")


@router.post(wire.LOGPROBS)
async def score(request: Request) -> Response:
    """Log-probs of a request's prefix."""
    one, inputs, engine = wire.read_request(await request.body()), _inputs(request), request.app.state.engine_client
    try:
        inputs.check(one, room=0)
        given = inputs.given(one)
    except UserError as error:
        return JSONResponse({"refused": str(error)}, status_code=400)
    async with _one_at_a_time:
        await _forget(engine)
        async for output in engine.generate(given, scoring(), "scored"):
            values = output.prompt_logprobs.logprobs[-len(one.prefix) :]
    return JSONResponse({"logprobs": values})


def _inputs(request: Request) -> Inputs:
    state = request.app.state
    return Inputs(Path(state.args.model), state.engine_client.model_config.max_model_len)


async def _lines(request: Request, order: Order, prepared: list[dict[str, Any]]) -> AsyncIterator[bytes]:
    """A line whenever something came; an empty one says that it is still at work; the last one is `wire.END`, without
    which a client knows that something is missing."""
    engine, tally = request.app.state.engine_client, Tally(order)
    names: list[str] = []
    async with _one_at_a_time:
        try:
            await engine.pause_generation(mode="keep", clear_cache=False)
            await _forget(engine)
            async for name in _submitted(request, order, prepared, tally):
                names.append(name)
                if len(names) % _SUBMITTED_AT_ONCE == 0:
                    yield wire.STILL_AT_WORK
            await engine.resume_generation()
            async for chunks in _taken(request, tally):
                yield wire.chunks_line(chunks)
        except EngineDeadError as error:
            tally.fail(str(error))
        finally:
            tally.over.set()
            with suppress(EngineDeadError):
                await engine.abort(names, internal=True)
                await engine.resume_generation()
    yield wire.END if tally.failure is None else wire.lost_line(tally.failure)


async def _submitted(
    request: Request, order: Order, prepared: list[dict[str, Any]], tally: Tally
) -> AsyncIterator[str]:
    """vLLM's names of the requests."""
    engine, inputs = request.app.state.engine_client, _inputs(request)
    for one, given in zip(order.requests, prepared, strict=True):
        # Another seed after each prefix, or a continuation would repeat the draws of its beginning.
        seed = derive(order.sampling.seed, "response", *one.key, len(one.prefix))
        own = seed if order.sampling.temperature else None
        params = inputs.params(one, order.sampling, seed=own, output_kind=RequestOutputKind.DELTA)
        queue = await engine.add_request(str(one.key), given, params)
        queue.put = partial(tally.put, one.key)  # a task for every response would cost more than its tokens
        yield queue.request_id


async def _taken(request: Request, tally: Tally) -> AsyncIterator[list[Chunk]]:
    while not tally.over.is_set() and not await request.is_disconnected():
        with suppress(TimeoutError):
            await asyncio.wait_for(tally.over.wait(), _TICK_S)
        if chunks := tally.take():
            yield chunks
    if chunks := tally.take():  # what came while the client was slow to read
        yield chunks


async def _forget(engine: Any) -> None:
    """What was computed with earlier weights; and a prompt that comes again would take its keys from an earlier
    order, where they may differ in the last bit."""
    if not await engine.reset_prefix_cache():
        raise RuntimeError("the engine's prefix cache is in use between orders")
    await engine.reset_encoder_cache()
