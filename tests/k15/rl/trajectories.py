"""Groups of responses, in segments, as the rollout phase leaves them."""

from __future__ import annotations

from collections.abc import Sequence

from k15.rl.trajectory import Group, Response, RLPrompt, Segment
from k15.tokenizer import ASSISTANT, END, IMAGE, USER
from tests.k15.tiny import picture

Lengths = int | Sequence[int]
"""Tokens of a response, or of each of its segments, the current one last; 0 for one that had none in an iteration."""


def prompt(images: int = 0) -> RLPrompt:
    ids = [USER, *[IMAGE] * images, 10, 11, ASSISTANT]
    return RLPrompt("p", ids, tuple(picture(i) for i in range(images)), {"verifier": "math", "answer": "7"})


def response(lengths: Lengths, reward: float, place: int = 0, version: int = 0, logprob: float = -1.0) -> Response:
    """The last of `lengths` is `version`'s; the final <|end|> is among the tokens."""
    parts = [lengths] if isinstance(lengths, int) else list(lengths)
    ids = [*range(20, 19 + sum(parts)), END]
    segments = []
    for number, length in enumerate(parts, version + 1 - len(parts)):
        own, ids = ids[:length], ids[length:]
        if own:
            segments.append(Segment(number, own, [logprob] * length))
    return Response((0, place), segments, "stop", "text", "correct" if reward else "wrong", reward, reward)


def group(lengths: Sequence[Lengths], rewards: Sequence[float], images: int = 0, version: int = 0) -> Group:
    pairs = enumerate(zip(lengths, rewards, strict=True))
    return Group(0, 0, prompt(images), 0, [response(n, r, place, version) for place, (n, r) in pairs])
