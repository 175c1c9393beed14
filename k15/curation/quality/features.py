"""Texts as bags of hashed words and word pairs, as fastText sees them.

Guarantees: a text's bag depends on the text alone. A word is a run of letters or digits, one Han character or one
sign; case is dropped, and every digit is a zero, so that all telephone numbers are one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from k15.curation.measures import WORD

Indices = npt.NDArray[np.int64]

_TOKEN = re.compile(rf"{WORD.pattern}|[^\w\s]")
_DIGIT = re.compile(r"\d")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Bags:
    """Bag i is `indices[offsets[i] : offsets[i + 1]]`."""

    indices: Indices
    offsets: Indices

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def sizes(self) -> Indices:
        return np.diff(self.offsets)

    def take(self, chosen: Indices) -> Bags:
        sizes = self.sizes[chosen]
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        places = np.arange(offsets[-1]) + np.repeat(self.offsets[chosen] - offsets[:-1], sizes)
        return Bags(self.indices[places], offsets)


def characters(words: int) -> int:
    """How many of a text are read for its first `words` words: none is shorter than a character, and on average none
    that matters is longer than these."""
    return 20 * words


def bags(texts: Sequence[str], buckets: int, words: int) -> Bags:
    """Of the first `words` words of each text, words and pairs, as numbers below `buckets`."""
    known: dict[str, int] = {}
    flat: list[int] = []
    lengths: list[int] = []
    for text in texts:
        found = _TOKEN.findall(_DIGIT.sub("0", text[: characters(words)].lower()))[:words]
        flat.extend(known.setdefault(word, len(known)) for word in found)
        lengths.append(len(found))
    table = np.fromiter(map(_hash, known), np.uint64, len(known))
    single = table[np.array(flat, dtype=np.int64)]
    owner = np.repeat(np.arange(len(texts)), lengths)
    same = owner[:-1] == owner[1:]
    pairs = _mixed(single[:-1] * _MULTIPLIER + single[1:])[same]
    indices = np.concatenate([single, pairs]) % np.uint64(buckets)
    owners = np.concatenate([owner, owner[:-1][same]])
    order = np.argsort(owners, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=len(texts)))])
    return Bags(indices[order].astype(np.int64), offsets.astype(np.int64))


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(errors="replace"), digest_size=8).digest(), "little")


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return values ^ (values >> np.uint64(27))
