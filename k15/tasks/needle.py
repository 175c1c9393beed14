"""Needle retrieval: a code stated once in a long text is asked for at its end.

`generate` gives exactly `length` prompt tokens. `depth` is where the needle lies: 0 the beginning, 1 the end.
The filler sentences never state a code.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

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
    name = "".join(rng.sample(_SYLLABLES, 2)).capitalize()
    answer = "".join(rng.choice("0123456789") for _ in range(3))
    statement = tokenizer.encode(f" The code of {name} is {answer}.")
    question = tokenizer.encode(f" The code of {name} is ")
    room = length - len(statement) - len(question)
    if room < 0:
        raise UserError(f"a needle needs at least {length - room} tokens, got length {length}")
    sentences: list[list[int]] = []
    while sum(map(len, sentences)) < room:
        sentences.append(tokenizer.encode(" " + filler_sentence(rng)))
    flat = [token for sentence in sentences for token in sentence]
    haystack = flat[len(flat) - room :]
    # The needle goes to a sentence boundary nearest to the depth, so that it never cuts a word.
    starts = [0]
    for sentence in reversed(sentences[1:]):
        starts.append(starts[-1] + len(sentence))
    boundaries = sorted(room - s for s in starts if s <= room)
    place = min(boundaries, key=lambda b: abs(b - depth * room))
    return Needle(haystack[:place] + statement + haystack[place:] + question, answer, length, depth)


def document(length: int, seed: int, tokenizer: Tokenizer) -> list[int]:
    """A training document of `length` tokens: a needle at a random depth, its question and the answer."""
    rng = random.Random(derive(seed, "needle-document", length))
    needle = generate(length - 4, rng.random(), rng.getrandbits(48), tokenizer)
    return needle.prompt_ids + tokenizer.encode(f"{needle.answer}.")
