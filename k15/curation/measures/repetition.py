"""How much of a text repeats itself: Gopher's measures (arXiv 2112.11446, Table A1) for prose.

Guarantees: for the same words, the values of datatrove's `GopherRepetitionFilter`. Of a text of more than
`WORDS` words only the beginning is looked at, which bounds time and memory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from operator import itemgetter

from k15.curation.measures.view import View, share

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
    for n, places, grams in _repeated(words):
        if n in _TOP:
            # Of those that are equally frequent the first.
            top, count = max(Counter(grams).items(), key=itemgetter(1))
            start = places[grams.index(top)]
            result[f"top_{n}gram"] = (ends[start + n] - ends[start] + n - 1) * count / characters
        else:
            result[f"repeated_{n}gram_characters"] = _seen(n, places, grams, ends) / characters
        if n == _LONG[0]:
            result["repeated_ngrams"] = (len(grams) - len(set(grams))) / (len(words) - n + 1)
    return result


def _repeated(words: list[str]) -> Iterator[tuple[int, list[int], list[int]]]:
    """For n from 2 on, as long as there are any: the places of the n-grams that occur more than once, and a number
    for each n-gram. One can only be repeated where the (n-1)-gram at its place is: soon little is left to look at.
    """
    pairs: Sequence[tuple[object, str]] = list(pairwise(words))
    places: Sequence[int] = range(len(pairs))
    for n in range(2, _LONG[-1] + 1):
        counts = Counter(pairs)
        if len(counts) == len(pairs):
            return
        numbers = {pair: number for number, (pair, count) in enumerate(counts.items()) if count > 1}
        found = [(place, numbers[pair]) for place, pair in zip(places, pairs, strict=True) if pair in numbers]
        places, grams = map(list, zip(*found, strict=True))
        yield n, places, grams
        if places[-1] + n == len(words):
            del places[-1], grams[-1]
        pairs = [(number, words[place + n]) for place, number in zip(places, grams, strict=True)]


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
