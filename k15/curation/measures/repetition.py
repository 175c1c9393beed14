"""How much of a text repeats itself: Gopher's measures (arXiv 2112.11446, Table A1) for prose.

Guarantees: for the same words, the values of datatrove's `GopherRepetitionFilter`. Of a text of more than
`WORDS` words only the beginning is looked at, which bounds time and memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from k15.curation.measures.view import View, share

Numbers = npt.NDArray[np.int64]

WORDS = 200_000
_TOP = (2, 3, 4)
_LONG = range(5, 11)
_PARAGRAPH = re.compile(r"\n{2,}")


def measure(view: View) -> dict[str, float]:
    return {**_of_paragraphs(view), **_of_ngrams(view)}


def _of_paragraphs(view: View) -> dict[str, float]:
    paragraphs = _PARAGRAPH.split(view.text.strip()) if "\n\n" in view.text else [view.text]
    distinct = set(paragraphs)
    repeated = sum(map(len, paragraphs)) - sum(map(len, distinct))
    return {
        "repeated_paragraphs": 1 - len(distinct) / len(paragraphs),
        "repeated_paragraph_characters": share(repeated, len(view.text)),
    }


def _of_ngrams(view: View) -> dict[str, float]:
    """top_N: the characters of the most frequent n-gram, with the blanks in it; repeated_N: those of words in an
    n-gram that was seen before, counted once; repeated_ngrams: the share of 5-grams seen before."""
    words = view.words[:WORDS]
    ends = [0, *accumulate(map(len, words))]
    characters = len(view.text) if len(words) == len(view.words) else ends[-1] + len(words)
    result = {f"top_{n}gram": share(ends[n] + n - 1, characters) if len(words) >= n else 0.0 for n in _TOP}
    result |= dict.fromkeys(("repeated_ngrams", *(f"repeated_{n}gram_characters" for n in _LONG)), 0.0)
    numbers = {word: number for number, word in enumerate(view.vocabulary)}
    for n, places, grams in _repeated(np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))):
        if n in _TOP:
            # Of those that are equally frequent the first.
            counts = np.bincount(grams)
            start = int(places[counts[grams].argmax()])
            result[f"top_{n}gram"] = (ends[start + n] - ends[start] + n - 1) * int(counts.max()) / characters
        else:
            result[f"repeated_{n}gram_characters"] = _seen(n, places.tolist(), grams.tolist(), ends) / characters
        if n == _LONG[0]:
            result["repeated_ngrams"] = (len(grams) - int(grams.max()) - 1) / (len(words) - n + 1)
    return result


def _repeated(words: Numbers) -> Iterator[tuple[int, Numbers, Numbers]]:
    """For n from 2 on, as long as there are any: the places of the n-grams that occur more than once, and a number
    for each n-gram, from 0 on. One can only be repeated where the (n-1)-gram at its place is: soon little is left to
    look at. `words` are numbers too."""
    base = int(words.max(initial=0)) + 1
    keys, places = words[:-1] * base + words[1:], np.arange(len(words) - 1)
    for n in range(2, _LONG[-1] + 1):
        order = keys.argsort()
        ranked = keys[order]
        same = ranked[1:] == ranked[:-1]
        if not same.any():
            return
        repeated = np.zeros(len(keys), np.bool_)
        repeated[1:] = same
        first = ~repeated
        repeated[:-1] |= same
        numbers = np.empty(len(keys), np.int64)
        numbers[order] = np.where(repeated, np.cumsum(first & repeated) - 1, -1)
        found = np.flatnonzero(numbers >= 0)
        places, grams = places[found], numbers[found]
        yield n, places, grams
        if places[-1] + n == len(words):
            places, grams = places[:-1], grams[:-1]
        keys = grams * base + words[places + n]


def _seen(n: int, places: list[int], grams: list[int], ends: list[int]) -> int:
    """Characters of the repeated n-grams from left to right; after one the search goes on behind it."""
    seen: set[int] = set()
    free = characters = 0
    for place, gram in zip(places, grams, strict=True):
        if place >= free:
            if gram in seen:
                characters += ends[place + n] - ends[place]
                free = place + n
            seen.add(gram)
    return characters
