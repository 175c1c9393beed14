"""Needle retrieval: a code stated once in a long text is asked for at its end.

`generate` gives exactly `length` prompt tokens. `depth` is where the needle lies: 0 the beginning, 1 the end.
The filler sentences never state a code.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import accumulate

from k15.errors import UserError
from k15.seeds import derive
from k15.tokenizer import Tokenizer

_PEOPLE = ("the farmer", "a boy", "my aunt", "the old cat", "a sailor", "the baker", "her friend", "the king")
_VERBS = ("saw", "found", "painted", "carried", "sold", "liked", "lost", "built")
_THINGS = ("a red boat", "the blue door", "some bread", "a small drum", "two green hats", "the tall tower")
_PLACES = ("by the river", "near the mill", "in the garden", "on the hill", "at the market", "after lunch")
_SYLLABLES = ("ka", "lo", "mi", "ru", "se", "ta", "vo", "ni", "pe", "du")


@dataclass(frozen=True)
class Needle:
    """`prompt_ids` [length]: the text and the question's beginning; the model must continue with `answer`."""

    prompt_ids: list[int]
    answer: str
    length: int
    depth: float


def filler_sentence(rng: random.Random) -> str:
    """One sentence of the haystack."""
    words = (rng.choice(_PEOPLE), rng.choice(_VERBS), rng.choice(_THINGS), rng.choice(_PLACES))
    return " ".join(words).capitalize() + "."


def generate(length: int, depth: float, seed: int, tokenizer: Tokenizer) -> Needle:
    """A needle problem of exactly `length` tokens; raises UserError if it can't hold the needle itself."""
    rng = random.Random(derive(seed, "needle", length, str(depth)))
    name, answer = _names(rng, 1)[0], _code(rng)
    statement, question = _statement(name, answer, tokenizer), _question(name, tokenizer)
    haystack = _haystack(rng, length - len(statement) - len(question), [(depth, statement)], tokenizer)
    return Needle(haystack + question, answer, length, depth)


def document(length: int, codes: int, seed: int, tokenizer: Tokenizer) -> tuple[list[int], list[bool]]:
    """A training document of `length` tokens: `codes` needles at random depths, then each asked for once in another
    order. The second list [length] marks the tokens of the answers and the full stops that end them."""
    rng = random.Random(derive(seed, "needle-document", length))
    pairs = [(name, _code(rng)) for name in _names(rng, codes)]
    statements = [(rng.random(), _statement(name, code, tokenizer)) for name, code in pairs]
    tail: list[int] = []
    marks: list[bool] = []
    for name, code in rng.sample(pairs, codes):
        for ids, mark in ((_question(name, tokenizer), False), (tokenizer.encode(f"{code}."), True)):
            tail += ids
            marks += [mark] * len(ids)
    room = length - len(tail) - sum(len(s) for _, s in statements)
    haystack = _haystack(rng, room, statements, tokenizer)
    return haystack + tail, [False] * len(haystack) + marks


def _names(rng: random.Random, count: int) -> list[str]:
    pairs = [a + b for a in _SYLLABLES for b in _SYLLABLES if a != b]
    return [name.capitalize() for name in rng.sample(pairs, count)]


def _code(rng: random.Random) -> str:
    return "".join(rng.choice("0123456789") for _ in range(3))


def _statement(name: str, code: str, tokenizer: Tokenizer) -> list[int]:
    return tokenizer.encode(f" The code of {name} is {code}.")


def _question(name: str, tokenizer: Tokenizer) -> list[int]:
    return tokenizer.encode(f" The code of {name} is ")


def _haystack(rng: random.Random, room: int, needles: list[tuple[float, list[int]]], tokenizer: Tokenizer) -> list[int]:
    """`room` tokens of filler with every needle at the sentence boundary nearest to its depth; the last filler
    sentence is cut to fit."""
    if room < 0:
        raise UserError(f"the needles need {-room} tokens more than the length allows; raise the length")
    sentences: list[list[int]] = []
    total = 0
    while total < room:
        sentences.append(tokenizer.encode(" " + filler_sentence(rng)))
        total += len(sentences[-1])
    if total > room:
        sentences[-1] = sentences[-1][: room - total]
    boundaries = [0, *accumulate(map(len, sentences))]
    placed: dict[int, list[int]] = {}
    for depth, statement in needles:
        nearest = min(range(len(boundaries)), key=lambda i: abs(boundaries[i] - depth * room))
        placed.setdefault(nearest, []).extend(statement)
    text = list(placed.get(0, []))
    for index, sentence in enumerate(sentences, 1):
        text += sentence + placed.get(index, [])
    return text
