"""What goes into the rollout engine and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    seed: int = 0
    logprobs: bool = False
    repetition: Repetition | None = None


@dataclass(frozen=True)
class Sample:
    """One response. `ids` include the final `<|end|>` of a response that stopped.

    `logprobs` (if asked for) are the model's own, before temperature and top-p.
    """

    ids: list[int]
    finish_reason: str
    """stop | length | repetition"""
    logprobs: list[float] = field(default_factory=list)
