"""Verdicts while responses are still being sampled (§2.6): outside the generation loop, in threads of their own.

Every verifier has its own thread, so that programs which run for seconds do not hold up mathematics; what has come in
while a batch was judged makes up the next one. Guarantees: a response gets the verdict that `rewards.score_batch` gives
it, whatever else is judged; what could not be judged (infrastructure) is an `error`, never a wrong answer.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from k15 import rewards
from k15.errors import UserError
from k15.rollout.types import Key

_TOO_MANY = 8
"""Responses in a row without a verdict: not bad luck any more."""


class Judge:
    """`submit` as responses end, `collect` once all of them have; `UserError` once too many in a row have no
    verdict."""

    def __init__(self) -> None:
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._waiting: dict[str, deque[tuple[Key, Mapping[str, Any], str]]] = defaultdict(deque)
        self._tasks: list[Future[None]] = []
        self._verdicts: dict[Key, rewards.Verdict] = {}
        self._failures = 0

    def submit(self, key: Key, record: Mapping[str, Any], text: str) -> None:
        verifier = record["verifier"]
        if verifier not in self._threads:
            self._threads[verifier] = ThreadPoolExecutor(1, f"judge-{verifier}")
        self._waiting[verifier].append((key, record, text))
        self._tasks.append(self._threads[verifier].submit(self._next_batch, verifier))

    def _next_batch(self, verifier: str) -> None:
        """Judge all that waits; nothing where an earlier task has taken it along."""
        waiting = self._waiting[verifier]
        batch = [waiting.popleft() for _ in range(len(waiting))]
        if batch:
            keys, records, texts = zip(*batch, strict=True)
            self._verdicts.update(zip(keys, rewards.score_batch(records, texts), strict=True))

    def collect(self) -> dict[Key, rewards.Verdict]:
        """The verdicts of everything submitted since the last time."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.result()
        verdicts, self._verdicts = self._verdicts, {}
        errors = [verdict for verdict in verdicts.values() if verdict.verdict == "error"]
        self._failures = self._failures + len(errors) if len(errors) == len(verdicts) else 0
        if self._failures >= _TOO_MANY:
            raise UserError(
                f"the verifier failed on {self._failures} responses in a row ({errors[0].why}); "
                "check that its workers can start"
            )
        return verdicts

    def close(self) -> None:
        for thread in self._threads.values():
            thread.shutdown(cancel_futures=True)
