"""The words of texts as 64-bit hashes, cut by compiled code over code points: no Python runs per word.

Guarantees: words are those of `measures.WORD` in lower case (a typographic apostrophe counts as a plain one), the
same on every machine and in every process. In the symbolic spelling, for code and formulas, every other visible
sign is a word too; in the spelling of evaluation items letters and digits are never in one word, so that "2x" and
"2 x" are the same. Not guaranteed: that two words never share a hash; with 64 bits none of a billion words is
likely to.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import cache

import numpy as np
import numpy.typing as npt
from numba import njit

from k15.curation.document import Domain
from k15.curation.hashing import mixed as of_arrays
from k15.curation.measures import HAN

Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]

_HAN, _WORD, _LETTER, _SIGN, _APOSTROPHE = 1, 2, 4, 8, 16
_KINDS = {
    _HAN: f"[{HAN}]+",
    _WORD: rf"[^\W_{HAN}]+",
    _LETTER: r"[^\W\d_]+",
    _SIGN: r"[^\w\s]+",
    _APOSTROPHE: "['’]",
}
_PLAIN_APOSTROPHE = ord("'")
_CHARACTERS = 4_000_000
"""How many are cut at a time: four bytes of code point and at most eight of hash for each."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x00000100000001B3)


class Spelling(IntEnum):
    PROSE = 0
    SYMBOLIC = 1
    ITEM = 2


def spelling_of(domain: Domain) -> Spelling:
    """In code and formulas the operators carry the meaning."""
    return Spelling.SYMBOLIC if domain in ("code", "math") else Spelling.PROSE


@cache
def _table() -> npt.NDArray[np.uint8]:
    """What each code point is, as the regular expressions see it."""
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    kinds = np.zeros(sys.maxunicode + 1, np.uint8)
    for kind, pattern in _KINDS.items():
        for run in re.finditer(pattern, everything):
            kinds[run.start() : run.end()] |= kind
    return kinds


mixed = njit(cache=True, inline="always")(of_arrays)


@njit(cache=True)
def _cut(codes, begin, end, spelling, kinds, out, count):  # type: ignore[no-untyped-def]
    """Writes the hashes of the words of codes[begin:end] from out[count] on; the count after them."""
    i = begin
    while i < end:
        kind = kinds[codes[i]]
        word = _BASE
        if kind & _HAN or (kind & _SIGN and spelling == Spelling.SYMBOLIC):
            word = (word ^ np.uint64(codes[i])) * _PRIME
            i += 1
        elif kind & _WORD:
            letters = kind & _LETTER
            while i < end and kinds[codes[i]] & _WORD:
                if spelling == Spelling.ITEM and kinds[codes[i]] & _LETTER != letters:
                    break
                word = (word ^ np.uint64(codes[i])) * _PRIME
                i += 1
            while i + 1 < end and kinds[codes[i]] & _APOSTROPHE and kinds[codes[i + 1]] & _LETTER:
                word = (word ^ np.uint64(_PLAIN_APOSTROPHE)) * _PRIME
                i += 1
                while i < end and kinds[codes[i]] & _LETTER:
                    word = (word ^ np.uint64(codes[i])) * _PRIME
                    i += 1
        else:
            i += 1
            continue
        out[count] = mixed(word)
        count += 1
    return count


@njit(cache=True)
def _cut_all(codes, ends, spellings, kinds, out, starts):  # type: ignore[no-untyped-def]
    begin = count = 0
    for document in range(len(ends)):
        starts[document] = count
        count = _cut(codes, begin, ends[document], spellings[document], kinds, out, count)
        begin = ends[document]
    starts[len(ends)] = count
    return count


def words(texts: Sequence[str], spellings: Sequence[Spelling]) -> tuple[Hashes, Offsets]:
    """Hashes of all words, text after text, and where each text begins (and the last ends)."""
    lowered = [text.lower() for text in texts]
    codes = np.frombuffer("".join(lowered).encode("utf-32-le", "surrogatepass"), np.uint32)
    ends = np.cumsum([len(text) for text in lowered], dtype=np.int64)
    out = np.empty(len(codes), np.uint64)
    starts = np.zeros(len(texts) + 1, np.int64)
    count = _cut_all(codes, ends, np.array(spellings, np.int64), _table(), out, starts)
    return out[:count], starts


@njit(cache=True, inline="always")
def first_gram(hashes, start, n):  # type: ignore[no-untyped-def]
    """A polynomial in the words of the n-gram that begins at `start`, not yet mixed."""
    gram = np.uint64(0)
    for k in range(n):
        gram = gram * _BASE + hashes[start + k]
    return gram


@njit(cache=True, inline="always")
def next_gram(gram, leaving, entering, highest):  # type: ignore[no-untyped-def]
    """The n-gram one word on; `highest` is what `power_of_base` gives for n - 1."""
    return (gram - leaving * highest) * _BASE + entering


@njit(cache=True)
def power_of_base(exponent):  # type: ignore[no-untyped-def]
    power = np.uint64(1)
    for _ in range(exponent):
        power *= _BASE
    return power


@njit(cache=True)
def grams(hashes, n):  # type: ignore[no-untyped-def]
    """Hashes of all n-grams of one text's words; fewer than n words are one n-gram, no words are none."""
    count = len(hashes)
    if count == 0:
        return np.empty(0, np.uint64)
    n = min(n, count)
    result = np.empty(count - n + 1, np.uint64)
    gram = first_gram(hashes, 0, n)
    result[0] = mixed(gram)
    highest = power_of_base(n - 1)
    for i in range(1, count - n + 1):
        gram = next_gram(gram, hashes[i - 1], hashes[i + n - 1], highest)
        result[i] = mixed(gram)
    return result


def batches(texts: Sequence[str]) -> Iterator[slice]:
    """Runs of texts of few characters together (or one longer text)."""
    begin = characters = 0
    for position, text in enumerate(texts):
        if characters and characters + len(text) > _CHARACTERS:
            yield slice(begin, position)
            begin, characters = position, 0
        characters += len(text)
    if begin < len(texts):
        yield slice(begin, len(texts))
