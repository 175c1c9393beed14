"""What an order has brought so far: counted against its budget, step by step, and handed out in chunks."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from vllm.v1.core.sched.utils import check_sequence_repetition

from k15.rollout.server_inputs import detection
from k15.rollout.types import REPETITION, Chunk, Key, Order, Partial, Sampling

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
        self.repeating: list[Key] = []
        """Ended here and not yet in the engine."""
        self._budget = order.budget
        self._boundaries = {r.key: _Boundary(r.prefix, order.sampling) for r in order.requests if r.prefix}
        self._unfinished = {request.key for request in order.requests}
        self._parts: dict[Key, Partial] = {}
        self._sampled = 0
        self._step: set[Key] = set()
        self._handed_out = time.monotonic()

    def put(self, key: Key, output: Any) -> None:
        if self.over.is_set() or key not in self._unfinished:
            return
        if isinstance(output, Exception):
            return self._fail(str(output) or type(output).__name__)
        if key in self._step:
            self._step.clear()
            if self._budget is not None and self._sampled >= self._budget:
                return self.over.set()
        self._step.add(key)
        completion = output.outputs[0]
        if completion.finish_reason in ("abort", "error"):
            return self._fail(f"a response ended with {completion.finish_reason}")
        self._add(key, completion)

    def _fail(self, why: str) -> None:
        self.failure = why
        self.over.set()

    def _add(self, key: Key, completion: Any) -> None:
        ids, end = list(completion.token_ids), completion.finish_reason
        logprobs = [] if completion.logprobs is None else completion.logprobs.logprobs
        if end is None and key in self._boundaries and self._boundaries[key].repeats(ids):
            end = REPETITION
            self.repeating.append(key)
        self._sampled += len(ids)
        self._parts.setdefault(key, Partial()).add(Chunk(key, ids, logprobs, end))
        if end is not None:
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


class _Boundary:
    """Finds a repetition that began in the prefix, which the engine takes for a part of the prompt."""

    def __init__(self, prefix: tuple[int, ...], sampling: Sampling) -> None:
        repetition = sampling.repetition
        self._detection = None if repetition is None else detection(repetition)
        self._reach = 0 if repetition is None else repetition.max_pattern * repetition.min_count
        self._seen = list(prefix[-self._reach :])
        self._new = 0

    def repeats(self, ids: list[int]) -> bool:
        """Whether the response repeats itself after the next tokens, `ids`."""
        self._seen.extend(ids)
        self._new += len(ids)
        return self._new < self._reach and check_sequence_repetition(self._seen, self._detection)
