"""Held-out accuracy and length of the policy as it learns, and which checkpoint is the one to keep.

"The best balance between performance and token efficiency" (§2.4, where long2short starts from) is made precise as:
among the validated checkpoints whose accuracy is within one standard error of the best, the one with the most
accuracy per token. Accuracy per token alone would choose a model that answers at once and is mostly wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from k15 import tasks
from k15.params import Params
from k15.rl.trajectory import RLPrompt
from k15.seeds import derive
from k15.tokenizer import Tokenizer


class ValidationParams(Params):
    every: int = Field(ge=1)
    """Iterations between two validations; the final policy is always validated."""
    problems: int = Field(ge=1)
    """Held-out problems of every family, one response each."""
    choose: Literal["last", "accuracy_per_token"]
    """Which checkpoint the stage hands on."""


@dataclass(frozen=True)
class Validated:
    """What was measured of the policy after `version` iterations."""

    version: int
    accuracy: float
    length: float
    problems: int

    @property
    def per_token(self) -> float:
        return self.accuracy / max(1.0, self.length)


def best(found: Iterable[Validated]) -> Validated:
    """The most accurate per token within one standard error of the most accurate; the later one of equals."""
    found = list(found)
    top = max(v.accuracy for v in found)
    error = math.sqrt(top * (1 - top) / found[0].problems)
    return max((v for v in found if v.accuracy >= top - error), key=lambda v: (v.per_token, v.version))


def candidates(found: Iterable[Validated]) -> list[Validated]:
    """Those that may still become the best: no other is at least as accurate, as short, and later."""
    found = list(found)
    return [
        v
        for v in found
        if not any(w.accuracy >= v.accuracy and w.length <= v.length and w.version > v.version for w in found)
    ]


def heldout(params: ValidationParams, seed: int, tokenizer: Tokenizer) -> list[RLPrompt]:
    """Problems of the families' held-out split, which no other stage trains on."""
    return [
        RLPrompt(
            p.id,
            tokenizer.encode_prompt(p.question, len(p.images)),
            p.images,
            {"verifier": p.verifier, "answer": p.answer},
        )
        for family in tasks.FAMILIES
        for p in tasks.generate(family, "heldout", params.problems, derive(seed, "probe"))
    ]
