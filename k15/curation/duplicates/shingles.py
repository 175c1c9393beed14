"""The n-grams of some documents on disk, and the exact Jaccard similarity of pairs of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

from k15.curation.duplicates.signed import Flags, Numbers, SignedTexts, mapped
from k15.curation.duplicates.words import batches, grams, spelling_of, words

_BUDGET = 2_000_000
"""n-grams in memory at a time, if a single pair has not more."""


class Shingles:
    """Grows by the documents asked for; each is read from the units once."""

    def __init__(self, units: SignedTexts, n: int, work: Path) -> None:
        self._units, self._n = units, n
        self._path = work / "shingles"
        self._path.write_bytes(b"")
        self._starts = mapped(work / "shingle_starts", len(units), np.int64)
        self._counts = mapped(work / "shingle_counts", len(units), np.int64)
        self._total = 0

    def hold(self, wanted: Flags) -> None:
        """Makes the flagged documents' n-grams available; flags of those that are already so are taken away."""
        for begin in range(0, len(wanted), 1 << 16):
            wanted[begin : begin + (1 << 16)] &= self._counts[begin : begin + (1 << 16)] == 0
        with self._path.open("ab") as file:
            for numbers, batch in self._units.read(["text", "domain"], wanted):
                texts = batch.column("text").to_pylist()
                spellings = [spelling_of(domain) for domain in batch.column("domain").to_pylist()]
                for part in batches(texts):
                    hashes, starts = words(texts[part], spellings[part])
                    for number, begin, end in zip(numbers[part], starts[:-1], starts[1:], strict=True):
                        found = np.unique(grams(hashes[begin:end], self._n))
                        found.tofile(file)
                        self._starts[number], self._counts[number] = self._total, len(found)
                        self._total += len(found)

    def similarities(self, first: Numbers, second: Numbers) -> npt.NDArray[np.float64]:
        """Of first[i] and second[i], for all i; both must be held."""
        result = np.empty(len(first))
        for part in self._parts(first, second):
            members, places = np.unique(np.concatenate([first[part], second[part]]), return_inverse=True)
            counts = self._counts[members]
            starts = np.concatenate([[0], np.cumsum(counts)])
            held = np.empty(starts[-1], np.uint64)
            with self._path.open("rb") as file:
                for member, begin, end in zip(members, starts[:-1], starts[1:], strict=True):
                    file.seek(int(self._starts[member]) * 8)
                    held[begin:end] = np.fromfile(file, np.uint64, end - begin)
            one, other = places.reshape(2, -1)
            result[part] = _similarities(held, starts, one, other)
        return result

    def _parts(self, first: Numbers, second: Numbers) -> Iterator[slice]:
        sizes = np.cumsum(self._counts[first] + self._counts[second])
        begin = 0
        while begin < len(first):
            before = sizes[begin - 1] if begin else 0
            end = max(int(np.searchsorted(sizes, before + _BUDGET, "right")), begin + 1)
            yield slice(begin, end)
            begin = end


@njit(cache=True)
def _similarities(held, starts, first, second):  # type: ignore[no-untyped-def]
    result = np.empty(len(first))
    for pair in range(len(first)):
        i, i_end = starts[first[pair]], starts[first[pair] + 1]
        j, j_end = starts[second[pair]], starts[second[pair] + 1]
        union = i_end - i + j_end - j
        common = 0
        while i < i_end and j < j_end:
            one, other = held[i], held[j]
            common += one == other
            i += one <= other
            j += other <= one
        result[pair] = common / max(union - common, 1)
    return result
