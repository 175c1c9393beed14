"""Evaluation items in training documents, verbatim or lightly edited (App. B; §2.1 for prompts).

Two steps: an n-gram of words that a document shares with an item says where to look, and there the share of the
item's pairs of neighbouring words is counted in the best stretch of about its length. Of 13-grams, the usual rule,
one changed word in ten leaves few and a short question has none; pairs of words survive both, and reordered
sentences. Words are compared in lower case, without punctuation, spacing, the commands that space formulas and the
marks of images; letters and digits stand apart.
Guarantees: a hit depends on the document and the items alone. Not guaranteed: that a reworded or translated item is
found; that an item of fewer than `shortest` words is (`unprotected` names them); that what is found was copied: an
item that differs from a document's problem in a number alone counts as its edit, for what is generated from a
template too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from k15.curation.duplicates.words import (
    Hashes,
    Offsets,
    Spelling,
    batches,
    first_gram,
    grams,
    mixed,
    next_gram,
    power_of_base,
    words,
)
from k15.evaluation.params import LONG_SEED, SHORT_SEED, DecontaminationParams

_SPACING = re.compile(r"\\(?:[,;:!> ]|(?:left|right|[bB]igg?[lr]?|q?quad|displaystyle|limits|nolimits)(?![A-Za-z]))")
_FRACTION = re.compile(r"\\[dtc]frac(?![A-Za-z])")
_IMAGE = re.compile(r"<image[ _]?\d*>|\[image ?\d*\]")
_BITS = 22
"""Of a filter that keeps most of a document's n-grams from being looked up."""

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Hit:
    suite: str
    id: str
    share: float


def item_words(texts: Sequence[str]) -> tuple[Hashes, Offsets]:
    """Hashes of the words that are compared, text after text, and where each text begins."""
    plain = [_IMAGE.sub(" ", text) if "image" in text else text for text in texts]
    plain = [_FRACTION.sub(r"\\frac", _SPACING.sub(" ", text)) if "\\" in text else text for text in plain]
    return words(plain, [Spelling.ITEM] * len(texts))


def unprotected(items: Sequence[tuple[str, str, str]], params: DecontaminationParams) -> list[tuple[str, str]]:
    """Suite and id of those too short to be told from other text."""
    _, starts = item_words([text for _, _, text in items])
    sizes = np.diff(starts).tolist()
    return [(suite, name) for (suite, name, _), size in zip(items, sizes, strict=True) if _too_short(size, params)]


def _too_short(size: int, params: DecontaminationParams) -> bool:
    return size < params.shortest


@dataclass(frozen=True)
class _Seeds:
    """n-grams of one length, sorted, with the items that they stand in."""

    n: int
    grams: Hashes
    items: Counts
    filter: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class EvaluationIndex:
    names: list[tuple[str, str]]
    _lengths: Counts
    """In words, by item."""
    _required: Counts
    """How many of its pairs of words, by item."""
    _pairs: Hashes
    """Distinct pairs of words, sorted within each item."""
    _starts: Offsets
    _seeds: list[_Seeds]

    @classmethod
    def build(cls, items: Iterable[tuple[str, str, str]], params: DecontaminationParams) -> EvaluationIndex:
        """From suite, id and text of each item; those that are `unprotected` are left out."""
        names: list[tuple[str, str]] = []
        lengths: list[int] = []
        pairs: list[Hashes] = []
        seeds: dict[int, list[tuple[Hashes, int]]] = {SHORT_SEED: [], LONG_SEED: []}
        for suite, name, text in items:
            hashes, _ = item_words([text])
            if _too_short(len(hashes), params):
                continue
            n = SHORT_SEED if len(hashes) < params.short else LONG_SEED
            seeds[n].append((np.unique(grams(hashes, n)), len(names)))
            names.append((suite, name))
            lengths.append(len(hashes))
            pairs.append(np.unique(grams(hashes, 2)))
        counts = np.array([len(found) for found in pairs], np.int64)
        return cls(
            names=names,
            _lengths=np.array(lengths, np.int64),
            _required=np.array([_needed(*sizes, params) for sizes in zip(lengths, counts, strict=True)], np.int64),
            _pairs=np.concatenate([*pairs, np.empty(0, np.uint64)]),
            _starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            _seeds=[_sorted(n, found) for n, found in seeds.items() if found],
        )

    def hits(self, texts: Sequence[str]) -> list[Hit | None]:
        """For each text the item it holds the largest share of, if it holds one."""
        return [hit for part in batches(texts) for hit in self._hits(texts[part])]

    def _hits(self, texts: Sequence[str]) -> Iterator[Hit | None]:
        hashes, starts = item_words(texts)
        best = np.full(len(texts), -1, np.int64)
        counts = np.zeros(len(texts), np.int64)
        for seeds in self._seeds:
            _scan(
                hashes, starts, seeds.n, seeds.grams, seeds.items, seeds.filter,
                self._lengths, self._required, self._pairs, self._starts, best, counts,
            )  # fmt: skip
        for item, count in zip(best.tolist(), counts.tolist(), strict=True):
            size = self._starts[item + 1] - self._starts[item]
            yield Hit(*self.names[item], count / int(size)) if item >= 0 else None


def _needed(length: int, pairs: int, params: DecontaminationParams) -> int:
    if length < params.exact:
        return pairs
    threshold = params.short_threshold if length < params.short else params.threshold
    return max(int(np.ceil(threshold * pairs)), 1)


def _sorted(n: int, found: Sequence[tuple[Hashes, int]]) -> _Seeds:
    hashes = np.concatenate([grams for grams, _ in found])
    items = np.concatenate([np.full(len(grams), item, np.int64) for grams, item in found])
    order = np.lexsort([items, hashes])
    passing = np.zeros(1 << _BITS, np.bool_)
    passing[hashes >> np.uint64(64 - _BITS)] = True
    return _Seeds(n, hashes[order], items[order], passing)


@njit(cache=True)
def _scan(hashes, starts, n, seeds, items, passing, lengths, required, pairs, pair_starts, best, counts):  # type: ignore[no-untyped-def]
    """Looks around every seed of each document, for each item once per stretch."""
    done = np.empty(len(lengths), np.int64)
    highest = power_of_base(n - 1)
    for document in range(len(starts) - 1):
        begin, end = starts[document], starts[document + 1]
        if end - begin < n:
            continue
        fresh = True
        gram = first_gram(hashes, begin, n)
        for at in range(begin, end - n + 1):
            if at > begin:
                gram = next_gram(gram, hashes[at - 1], hashes[at + n - 1], highest)
            key = mixed(gram)
            if not passing[key >> np.uint64(64 - _BITS)]:
                continue
            place = np.searchsorted(seeds, key)
            while place < len(seeds) and seeds[place] == key:
                if fresh:
                    done[:] = -1
                    fresh = False
                item = items[place]
                place += 1
                if at < done[item]:
                    continue
                window = lengths[item] + lengths[item] // 4 + 2
                done[item] = at + window
                low, high = max(begin, at - window), min(end, at + 2 * window)
                own = pairs[pair_starts[item] : pair_starts[item + 1]]
                count = _best_window(hashes[low:high], own, window)
                if count >= required[item] and _better(count, item, best[document], counts[document], pair_starts):
                    best[document], counts[document] = item, count


@njit(cache=True, inline="always")
def _better(count, item, best, best_count, starts):  # type: ignore[no-untyped-def]
    """Of equal shares the first item's."""
    if best < 0:
        return True
    share = count * (starts[best + 1] - starts[best])
    best_share = best_count * (starts[item + 1] - starts[item])
    return share > best_share or (share == best_share and item < best)


@njit(cache=True)
def _best_window(hashes, own, window):  # type: ignore[no-untyped-def]
    """How many of an item's pairs of words stand in the best `window` words."""
    found = grams(hashes, 2)
    places = np.searchsorted(own, found)
    times = np.zeros(len(own), np.int64)
    count = best = 0
    for i in range(len(found)):
        place = places[i]
        if place < len(own) and own[place] == found[i]:
            count += times[place] == 0
            times[place] += 1
            best = max(best, count)
        leaving = i - (window - 1)  # pairs of a window of words are one fewer
        if leaving >= 0 and places[leaving] < len(own) and own[places[leaving]] == found[leaving]:
            times[places[leaving]] -= 1
            count -= times[places[leaving]] == 0
    return best
