"""How orders and chunks are written between `http_member` and `server`: JSON, pictures in base64, floats exact."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from k15.rollout.types import Chunk, Order, Prompt, Repetition, Request, Sampling

ORDERS, LOGPROBS = "/rollout/orders", "/rollout/logprobs"
END = b'{"end": true}\n'
STILL_AT_WORK = b"\n"


def write_order(order: Order) -> bytes:
    """Requests of the same prompt share it."""
    places: dict[int, int] = {}
    prompts: list[dict[str, Any]] = []
    requests = []
    for request in order.requests:
        if id(request.prompt) not in places:
            places[id(request.prompt)] = len(prompts)
            prompts.append(_written(request.prompt))
        requests.append([request.key, places[id(request.prompt)], request.prefix])
    content = {"prompts": prompts, "requests": requests, "sampling": asdict(order.sampling), "budget": order.budget}
    return json.dumps(content).encode()


def read_order(body: bytes) -> Order:
    content = json.loads(body)
    prompts = [_read(prompt) for prompt in content["prompts"]]
    requests = [Request(_key(key), prompts[place], tuple(prefix)) for key, place, prefix in content["requests"]]
    repetition = content["sampling"].pop("repetition")
    sampling = Sampling(**content["sampling"], repetition=None if repetition is None else Repetition(**repetition))
    return Order(requests, sampling, content["budget"])


def write_request(request: Request) -> bytes:
    return json.dumps({"key": request.key, "prompt": _written(request.prompt), "prefix": request.prefix}).encode()


def read_request(body: bytes) -> Request:
    content = json.loads(body)
    return Request(_key(content["key"]), _read(content["prompt"]), tuple(content["prefix"]))


def chunks_line(chunks: Sequence[Chunk]) -> bytes:
    content = {"chunks": [[chunk.key, chunk.ids, chunk.logprobs, chunk.finish_reason] for chunk in chunks]}
    return json.dumps(content).encode() + b"\n"


def lost_line(why: str) -> bytes:
    return json.dumps({"lost": why}).encode() + b"\n"


def read_chunks(content: list[Any]) -> list[Chunk]:
    return [Chunk(_key(key), ids, logprobs, end) for key, ids, logprobs, end in content]


def _key(key: list[int]) -> tuple[int, int]:
    group, number = key
    return group, number


def _written(prompt: Prompt) -> dict[str, Any]:
    return {"ids": prompt.ids, "images": [base64.b64encode(png).decode() for png in prompt.images]}


def _read(content: dict[str, Any]) -> Prompt:
    return Prompt(content["ids"], tuple(base64.b64decode(png) for png in content["images"]))
