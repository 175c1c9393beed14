"""Engines that share an order: perhaps one in this process, the others in processes of their own or behind HTTP.

The engine of a small model keeps one core busy (see `llm._NARROW`); a second one takes half of the groups.
Guarantees: the same order and the same number of engines give the same samples, unless one is lost; after
`update_weights` all engines hold the same bytes; a dead or hung engine is replaced, gets the newest weights and goes on
from the tokens that had come, which count once. A dead process takes none of the others along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import TypeVar

from torch import Tensor

from k15.errors import UserError
from k15.lifetime import begin_again, went_well
from k15.progress import Progress
from k15.rollout.engine import Engine
from k15.rollout.face import RolloutEngine
from k15.rollout.http_member import HTTPMember
from k15.rollout.member import EngineLost, Member, ProcessMember
from k15.rollout.params import EngineParams
from k15.rollout.shared_weights import Handle, SharedWeights
from k15.rollout.types import Chunk, Key, Order, Partial, Prompt, remainder
from k15.rollout.watchdog import Watchdog
from k15.seeds import derive

T = TypeVar("T")
_BEAT_S = 1.0


class Fleet(RolloutEngine):
    """`local` in this process (or none) and `members` elsewhere; each is replaced at most `restarts` times in a row."""

    def __init__(
        self, local: Engine | None, members: Sequence[Member], *, hang_s: float, restarts: int, progress: Progress
    ) -> None:
        self.local, self.members = local, list(members)
        self._restarts, self._progress = restarts, progress
        self._shared: SharedWeights | None = None
        self._pool = ThreadPoolExecutor(max(1, len(members)), "engine")
        why = f"the engine in this process has not moved for {hang_s:g} s"
        self._watchdog = Watchdog(hang_s, partial(begin_again, why, restarts))
        self._open = 0
        self.lost = 0
        """Engines that had to be replaced so far."""

    def run(self, order: Order) -> Iterator[Chunk]:
        shares = self._shares(order)
        arrived: SimpleQueue[Chunk | None] = SimpleQueue()
        own, others = (shares[0], shares[1:]) if self.local is not None else (None, shares)
        given_up = Event()
        tasks = [
            self._pool.submit(self._pump, member, share, arrived, given_up)
            for member, share in zip(self.members, others, strict=True)
        ]
        self._open = len(tasks)
        try:
            if self.local is not None and own is not None:
                for chunk in self._watched(self.local.run(own, _BEAT_S)):
                    yield chunk
                    yield from self._arrivals(arrived, block=False)
                went_well()
            yield from self._arrivals(arrived, block=True)
        finally:
            given_up.set()
            wait(tasks)
        for task in tasks:
            task.result()

    def _watched(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        while True:
            with self._watchdog:
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    def _arrivals(self, arrived: SimpleQueue[Chunk | None], block: bool) -> Iterator[Chunk]:
        """What came from the members: what is there, or (`block`) everything until the last of them has ended."""
        while self._open and (block or not arrived.empty()):
            chunk = arrived.get()
            if chunk is None:
                self._open -= 1
            else:
                yield chunk

    def _pump(self, member: Member, order: Order, arrived: SimpleQueue[Chunk | None], given_up: Event) -> None:
        """Everything that `member`, or what replaces it, makes of `order`."""
        received: dict[Key, Partial] = {}
        try:
            for attempt in range(self._restarts + 1):
                try:
                    left = remainder(order, received)
                    for chunk in member.run(left if member.stream_per_response else _retried(left, attempt)):
                        if given_up.is_set():
                            return
                        received.setdefault(chunk.key, Partial()).add(chunk)
                        arrived.put(chunk)
                    return
                except EngineLost as lost:
                    if given_up.is_set():  # nobody waits for another one
                        return
                    self._replace(member, lost, attempt)
        finally:
            arrived.put(None)

    def _replace(self, member: Member, lost: EngineLost, attempt: int) -> None:
        """Another engine instead of `member`, with the newest weights."""
        if attempt == self._restarts:
            raise UserError(f"an engine {lost}, {attempt + 1} times in a row; look at its output and its memory")
        self.lost += 1
        self._progress.log(f"an engine {lost}; it is replaced and goes on from the tokens that had come")
        try:
            member.restart()
            if self._shared is not None:
                member.update_weights(self._shared.handle)
        except EngineLost as again:
            self._replace(member, again, attempt + 1)

    def update_weights(self, tensors: Mapping[str, Tensor]) -> None:
        if self.members:
            if self._shared is not None and not self._shared.fits(tensors):
                self._shared.close()
                self._shared = None
            self._shared = self._shared or SharedWeights(tensors)
            self._shared.publish(tensors)
        updates = [self._pool.submit(self._persist, m, lambda m: m.update_weights(self._handle)) for m in self.members]
        if self.local is not None:
            with self._watchdog:
                self.local.update_weights(tensors)
        for update in updates:
            update.result()

    def weight_digests(self) -> dict[str, str]:
        """Those of every engine; UserError if they differ."""
        asked = [self._pool.submit(self._persist, member, lambda m: m.weight_digests()) for member in self.members]
        with self._watchdog:
            own = [] if self.local is None else [self.local.weight_digests()]
        first, *others = own + [answer.result() for answer in asked]
        for other in others:
            if other != first:
                name = next(n for n in first if other.get(n) != first[n])
                raise UserError(f"the engines hold different weights, such as in {name}; rerun the stage")
        return first

    def logprobs(self, prompt: Prompt, response: Sequence[int]) -> list[list[float]]:
        asked = [self._pool.submit(self._persist, m, lambda m: m.logprobs(prompt, response)) for m in self.members]
        with self._watchdog:
            own = [] if self.local is None else self.local.logprobs(prompt, response)
        return own + [answer.result() for answer in asked]

    def release(self) -> None:
        for member in self.members:
            self._persist(member, lambda m: m.release())
        if self.local is not None:
            self.local.release()

    def close(self) -> None:
        for member in self.members:
            member.close()
        self._pool.shutdown()
        self._watchdog.close()
        if self.local is not None:
            self.local.close()
        if self._shared is not None:
            self._shared.close()

    @property
    def _handle(self) -> Handle:
        assert self._shared is not None
        return self._shared.handle

    def _persist(self, member: Member, action: Callable[[Member], T]) -> T:
        """`action`, again on what replaces `member` if it is lost."""
        for attempt in range(self._restarts + 1):
            try:
                return action(member)
            except EngineLost as lost:
                self._replace(member, lost, attempt)
        raise AssertionError  # the last _replace raises

    def _shares(self, order: Order) -> list[Order]:
        """The order's groups in turn to each engine, and the budget in equal parts."""
        count = len(self.members) + (self.local is not None)
        turn = {number: i % count for i, number in enumerate(dict.fromkeys(r.key[0] for r in order.requests))}
        whole, rest = divmod(order.budget or 0, count)
        alike = all(member.stream_per_response for member in self.members) and self.local is None
        return [
            Order(
                [r for r in order.requests if turn[r.key[0]] == i],
                order.sampling if alike else replace(order.sampling, seed=derive(order.sampling.seed, "engine", i)),
                None if order.budget is None else whole + (i < rest),
            )
            for i in range(count)
        ]


def _retried(order: Order, attempt: int) -> Order:
    """With numbers of its own: the first attempt's would come again at other places of the responses."""
    seed = order.sampling.seed
    return replace(order, sampling=replace(order.sampling, seed=derive(seed, "again", attempt) if attempt else seed))


def open_fleet(
    hf_dir: Path, *, max_model_len: int, params: EngineParams, seed: int, replicas: int, progress: Progress
) -> Fleet:
    """`replicas` engines on the export `hf_dir`, deployed as `params` says."""
    arguments = {"hf_dir": hf_dir, "max_model_len": max_model_len, "params": params, "seed": seed}
    inside = params.deployment == "in_process"
    kind = HTTPMember if params.deployment == "http" else ProcessMember
    members: list[Member] = []
    try:
        for _ in range(replicas - inside):  # they start while the local one does
            members.append(kind(arguments, params.hang_s))
        local = Engine(hf_dir, max_model_len=max_model_len, params=params, seed=seed) if inside else None
        return Fleet(local, members, hang_s=params.hang_s, restarts=params.restarts, progress=progress)
    except BaseException:
        for member in members:
            member.close()
        raise
