"""What an order has brought so far: counted against its budget, step by step, and handed out in chunks."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from k15.rollout.types import Chunk, Key, Order, Partial

_UNFINISHED_EVERY_S = 0.5


class Tally:
    """Fed by the engine with `put`, emptied with `take`.

    Once the budget is used up, what later steps bring is dropped: they are already under way when that is known. A step
    brings at most one output of a response, so one that comes again belongs to the next step.
    """

    def __init__(self, order: Order) -> None:
        self.over = asyncio.Event()
        """Nothing more will be counted."""
        self.failure: str | None = None
        self._budget = order.budget
        self._unfinished = {request.key for request in order.requests}
        self._parts: dict[Key, Partial] = {}
        self._sampled = 0
        self._step: set[Key] = set()
        self._handed_out = time.monotonic()

    def put(self, key: Key, output: Any) -> None:
        if self.over.is_set():
            return
        if isinstance(output, Exception):
            return self.fail(str(output) or type(output).__name__)
        if key in self._step:
            self._step.clear()
            if self._budget is not None and self._sampled >= self._budget:
                return self.over.set()
        self._step.add(key)
        completion = output.outputs[0]
        if completion.finish_reason in ("abort", "error"):
            return self.fail(f"a response ended with {completion.finish_reason}")
        self._add(key, completion)

    def fail(self, why: str) -> None:
        self.failure = why
        self.over.set()

    def _add(self, key: Key, completion: Any) -> None:
        ids, logprobs = list(completion.token_ids), completion.logprobs
        chunk = Chunk(key, ids, [] if logprobs is None else logprobs.logprobs, completion.finish_reason)
        self._parts.setdefault(key, Partial()).add(chunk)
        self._sampled += len(ids)
        if chunk.finish_reason is not None:
            self._unfinished.discard(key)
            if not self._unfinished:
                self.over.set()

    def take(self) -> list[Chunk]:
        """What ended since the last time; what has not ended every half second, and when all is over."""
        now = time.monotonic()
        everything = self.over.is_set() or now - self._handed_out >= _UNFINISHED_EVERY_S
        if everything:
            self._handed_out = now
        keys = [key for key, part in self._parts.items() if everything or part.finish_reason is not None]
        parts = [(key, self._parts.pop(key)) for key in keys]
        return [Chunk(key, part.ids, part.logprobs, part.finish_reason) for key, part in parts]
