"""What reinforcement learning learns from: prompts, and groups of responses made of segments.

A segment is what one policy sampled of a response in one iteration; a response that a token budget cut short has
several (partial rollouts, §2.6.2). Guarantees: token ids and log-probabilities are as long as each other, versions of
segments rise, and only the last segment has a finish reason; whatever breaks this raises at construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from k15.rollout.types import Key


@dataclass(frozen=True)
class RLPrompt:
    """A curated prompt: `ids` with one `<image>` a picture, and the record that its verifier reads."""

    id: str
    ids: list[int]
    images: tuple[bytes, ...]
    record: Mapping[str, Any] = field(repr=False)
    pass_rate: float = 0.0


@dataclass(frozen=True)
class Segment:
    """Tokens that policy `version` (the iteration, from 0) sampled, with the engine's log-probabilities."""

    version: int
    ids: list[int]
    logprobs: list[float]

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.logprobs):
            raise ValueError(f"{len(self.ids)} tokens and {len(self.logprobs)} log-probabilities in one segment")


@dataclass
class Response:
    """One response, finished once it has a `finish_reason` (stop | length | repetition | age).

    `text`, `verdict` and `correct` (the verifier's reward) are set when it has been judged. `reward` is what the
    objective sees: the verifier's reward and what the length reward and penalties add; NaN without a verdict.
    """

    key: Key
    segments: list[Segment] = field(default_factory=list)
    finish_reason: str | None = None
    text: str = ""
    verdict: str = ""
    correct: float = 0.0
    reward: float = 0.0

    def __post_init__(self) -> None:
        versions = [segment.version for segment in self.segments]
        if any(later <= earlier for earlier, later in pairwise(versions)):
            raise ValueError(f"response {self.key} has segments of versions {versions}; they must rise")

    @property
    def ids(self) -> list[int]:
        return [token for segment in self.segments for token in segment.ids]

    @property
    def logprobs(self) -> list[float]:
        return [value for segment in self.segments for value in segment.logprobs]

    @property
    def versions(self) -> list[int]:
        """The policy version of every token."""
        return [segment.version for segment in self.segments for _ in segment.ids]

    @property
    def length(self) -> int:
        return sum(len(segment.ids) for segment in self.segments)


@dataclass
class Group:
    """The responses of one prompt: the judged ones and, apart, those without a verdict. `number` counts the groups of a
    run; `index` is the prompt's place in the prompt set; `started` the iteration that drew it."""

    number: int
    index: int
    prompt: RLPrompt
    started: int
    responses: list[Response]
    unjudged: list[Response] = field(default_factory=list)

    @property
    def success(self) -> float:
        return sum(response.correct for response in self.responses) / len(self.responses)

    @property
    def everything(self) -> list[Response]:
        return [*self.responses, *self.unjudged]
