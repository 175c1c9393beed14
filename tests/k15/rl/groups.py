"""Groups of responses as the rollout phase leaves them."""

from __future__ import annotations

from collections.abc import Sequence

from k15.rl.rollouts import Group, Response, RLPrompt
from k15.rollout.types import Sample
from k15.tokenizer import ASSISTANT, END, IMAGE, USER
from tests.k15.tiny import picture


def prompt(images: int = 0) -> RLPrompt:
    ids = [USER, *[IMAGE] * images, 10, 11, ASSISTANT]
    return RLPrompt("p", ids, tuple(picture(i) for i in range(images)), {"verifier": "math", "answer": "7"})


def response(length: int, correct: float, logprob: float = -1.0) -> Response:
    """`length` tokens, the final <|end|> included."""
    ids = [*range(20, 19 + length), END]
    sample = Sample(ids, "stop", [logprob] * length)
    return Response(sample, "text", "correct" if correct else "wrong", correct, correct)


def group(lengths: Sequence[int], correct: Sequence[float], images: int = 0) -> Group:
    return Group(0, prompt(images), [response(n, c) for n, c in zip(lengths, correct, strict=True)])
