"""What goes into a rollout engine and what comes out.

An engine samples an `Order`: responses to begin, or to continue from a prefix, until each has ended or the order's
token budget is used up. What it samples comes back as `Chunk`s, in any order between responses, in token order within
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

Key = tuple[int, int]
"""A response: number of its group, number within the group."""

LENGTH, REPETITION = "length", "repetition"
"""Finish reasons of a response that did not stop by itself."""


@dataclass(frozen=True)
class Prompt:
    """Token ids with one `<image>` id per picture; the engine widens each to the picture's patches."""

    ids: list[int]
    images: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Repetition:
    """Ends a response once a pattern of up to `max_pattern` tokens came `min_count` times running (§2.6)."""

    max_pattern: int
    min_count: int


@dataclass(frozen=True)
class Sampling:
    """How each prompt is answered: `n` responses of at most `max_tokens`; temperature 0 is greedy."""

    n: int
    temperature: float
    max_tokens: int
    top_p: float = 1.0
    top_k: int = 0
    seed: int = 0
    logprobs: bool = False
    repetition: Repetition | None = None


@dataclass(frozen=True)
class Sample:
    """One response. `ids` include the final `<|end|>` of a response that stopped.

    `logprobs` (if asked for) are the model's own, before temperature and top-p, unless the engine was told otherwise.
    """

    ids: list[int]
    finish_reason: str
    """stop | length | repetition"""
    logprobs: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """One response to begin, or to continue from `prefix`, tokens that it already has; never re-encoded."""

    key: Key
    prompt: Prompt
    prefix: tuple[int, ...] = ()


@dataclass(frozen=True)
class Order:
    """Requests in the order in which they are begun. `sampling.max_tokens` counts the prefix, `sampling.n` is not used.

    `budget`: output tokens after which sampling ends, whatever is unfinished; the engine's batch stays full until then,
    as long as there are requests. None: every request to its end. Overshoot is less than one token a running response.
    """

    requests: Sequence[Request]
    sampling: Sampling
    budget: int | None = None


@dataclass(frozen=True)
class Chunk:
    """The next tokens of one response. Without a `finish_reason` the response has not ended: what comes after the last
    chunk of an order is for another order to continue."""

    key: Key
    ids: list[int]
    logprobs: list[float]
    finish_reason: str | None = None
    """None | stop | length | repetition"""


@dataclass
class Partial:
    """What has come of one request so far."""

    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish_reason: str | None = None

    def add(self, chunk: Chunk) -> None:
        if self.finish_reason is not None:
            raise ValueError(f"response {chunk.key} goes on after its end")
        self.ids.extend(chunk.ids)
        self.logprobs.extend(chunk.logprobs)
        self.finish_reason = chunk.finish_reason


def remainder(order: Order, received: dict[Key, Partial]) -> Order:
    """What is left of `order` after `received`: for another engine to go on with when the first one is lost."""
    left = []
    for request in order.requests:
        partial = received.get(request.key)
        if partial is None:
            left.append(request)
        elif partial.finish_reason is None:
            left.append(replace(request, prefix=(*request.prefix, *partial.ids)))
    sampled = sum(len(partial.ids) for partial in received.values())
    budget = None if order.budget is None else max(0, order.budget - sampled)
    return replace(order, requests=left, budget=budget)
