"""What the generators of pictures share: a drawn document, and the wordings around `<image>`."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from k15.curation.generators.vision import Kind


@dataclass(frozen=True)
class Drawn:
    """A document before it has an id. `program` is what was drawn, as JSON data: an independent reader can work out
    the answer from it."""

    text: str
    images: tuple[bytes, ...]
    program: Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """One generator. `kind` is the kind of App. B that its documents belong to."""

    kind: Kind
    draw: Callable[[random.Random], Drawn]


def asked(question: str, answer: str) -> str:
    """A question on one picture and its answer, in the form of a conversation. Short answers have no full stop."""
    return f"<|user|><image>{question}<|assistant|>{answer}<|end|>"


def article(text: str) -> str:
    """`text` after a or an."""
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def listed(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
