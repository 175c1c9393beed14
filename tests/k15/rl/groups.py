"""Groups of responses as the rollout phase leaves them."""

from __future__ import annotations

from collections.abc import Sequence

from k15.rl.trajectory import Group, Response, RLPrompt, Segment
from k15.tokenizer import ASSISTANT, END, IMAGE, USER
from tests.k15.tiny import picture


def prompt(images: int = 0) -> RLPrompt:
    ids = [USER, *[IMAGE] * images, 10, 11, ASSISTANT]
    return RLPrompt("p", ids, tuple(picture(i) for i in range(images)), {"verifier": "math", "answer": "7"})


def response(length: int, correct: float, logprob: float = -1.0, number: int = 0) -> Response:
    """`length` tokens, the final <|end|> included."""
    segment = Segment(0, [*range(20, 19 + length), END], [logprob] * length)
    verdict = "correct" if correct else "wrong"
    return Response((0, number), [segment], "stop", "text", verdict, correct, correct)


def group(lengths: Sequence[int], correct: Sequence[float], images: int = 0) -> Group:
    pairs = zip(lengths, correct, strict=True)
    return Group(0, 0, prompt(images), 0, [response(n, c, number=i) for i, (n, c) in enumerate(pairs)])
