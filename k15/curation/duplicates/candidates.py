"""Which documents to compare: those that share a bucket, linearly many pairs of them.

Guarantees: pairs depend on the texts alone. Within a bucket each text is compared with the first and with the one
before it in the order of digests, equal texts counting once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from k15.curation.duplicates.clusters import Clusters
from k15.curation.duplicates.signed import Flags, Numbers, mapped
from k15.curation.duplicates.sorting import Records, SortedFile

_PAIRS = 1 << 16


@dataclass(frozen=True)
class Pairs:
    """Pairs of documents in a file, each once, and flags of all documents in them."""

    path: Path
    wanted: Flags

    def __iter__(self) -> Iterator[tuple[Numbers, Numbers]]:
        with self.path.open("rb") as file:
            while len(flat := np.fromfile(file, np.int64, 2 * _PAIRS)):
                yield flat[::2], flat[1::2]


def candidates(buckets: SortedFile, same: Clusters, work: Path) -> Pairs:
    """From records of bucket, digest and number. Of the texts in `same` the smallest number stands for all."""
    found = SortedFile(work / "candidates", fields=2, keys=2)
    for block in _with_open_buckets(buckets.blocks()):
        found.add(_pairs(block, same))
    pairs = Pairs(work / "pairs", mapped(work / "wanted", len(same), np.bool_))
    last = np.empty((0, 2), np.uint64)
    with pairs.path.open("wb") as file:
        for block in found.blocks():
            block = np.concatenate([last, block])
            new = (block[1:] != block[:-1]).any(axis=1)
            fresh = block[np.flatnonzero(new) + 1] if len(last) else block[np.r_[0, np.flatnonzero(new) + 1]]
            fresh.tofile(file)
            pairs.wanted[fresh.ravel().astype(np.int64)] = True
            last = block[-1:]
    return pairs


def _with_open_buckets(blocks: Iterator[Records]) -> Iterator[Records]:
    """A block whose first bucket began in the block before begins with that bucket's first and last record."""
    head: Records | None = None
    for block in blocks:
        if head is not None:
            block = np.concatenate([head, block])
        yield block
        begin = int(np.searchsorted(block[:, 0], block[-1, 0]))
        head = block[[begin, -1]]


def _pairs(block: Records, same: Clusters) -> Records:
    at = np.arange(len(block))
    opens, new = np.ones(len(block), bool), np.ones(len(block), bool)
    opens[1:] = block[1:, 0] != block[:-1, 0]
    new[1:] = opens[1:] | (block[1:, 1] != block[:-1, 1])
    first = np.maximum.accumulate(np.where(opens, at, 0))
    text = np.maximum.accumulate(np.where(new, at, 0))
    later = np.flatnonzero(new & ~opens)
    ends = np.stack([np.concatenate([first[later], text[later - 1]]), np.concatenate([later, later])], axis=1)
    numbers = same.roots_of(block[ends.ravel(), 2].astype(np.int64)).reshape(-1, 2)
    numbers.sort(axis=1)
    return numbers[numbers[:, 0] != numbers[:, 1]].astype(np.uint64)
