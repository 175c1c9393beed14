"""Exact and near duplicates, within and across sources: MinHash-LSH, verified, clustered.

Near duplicates are found as in datatrove (word n-grams, bands × rows of MinHash values), but a candidate
pair counts only if the exact Jaccard similarity of its n-grams reaches the threshold.
Guarantees: of a cluster the document with the smallest id is kept, and clusters depend on the set of
documents alone, not on their order or on how they were sharded. Not guaranteed: that a pair at the
threshold is found; with 14 × 8 a pair of similarity 0.8 is a candidate in 92 of 100 cases.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from pydantic import Field

from k15.curation.document import Document, Rejection
from k15.curation.measures import WORD
from k15.params import Params

Hashes = npt.NDArray[np.uint64]

# In code and formulas the operators carry the meaning.
_SYMBOLIC = re.compile(rf"{WORD.pattern}|[^\w\s]")
_PATTERNS = {"code": _SYMBOLIC, "math": _SYMBOLIC}
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SEED = 1


class DedupParams(Params):
    """`threshold`: exact Jaccard similarity of word `ngram`s from which two documents are one."""

    ngram: int = Field(ge=1)
    bands: int = Field(ge=1)
    rows: int = Field(ge=1)
    threshold: float = Field(gt=0, le=1)


def _mixed(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64: every input bit moves every output bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def shingles(documents: Sequence[Document], n: int) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Hashes of all word n-grams, document after document, and where each document begins (and the last
    ends). A document of fewer words is one n-gram."""
    words: dict[str, int] = {"": 0}
    flat: list[int] = []
    lengths: list[int] = []
    for document in documents:
        found = _PATTERNS.get(document.domain, WORD).findall(document.text.lower())
        found += [""] * (n - len(found))
        flat.extend(words.setdefault(word, len(words)) for word in found)
        lengths.append(len(found))
    table = np.fromiter(map(_hash, words), np.uint64, len(words))
    hashes = table[np.array(flat, dtype=np.int64)]
    owner = np.repeat(np.arange(len(documents)), lengths)
    windows = max(len(hashes) - n + 1, 0)
    grams = np.zeros(windows, np.uint64)
    for offset in range(n):
        grams = _mixed(grams * _MULTIPLIER + hashes[offset : offset + windows])
    whole = owner[:windows] == owner[n - 1 :]  # windows that stay within one document
    starts = np.concatenate([[0], np.cumsum(np.array(lengths, dtype=np.int64) - n + 1)])
    return grams[whole], starts


def signatures(grams: Hashes, starts: npt.NDArray[np.int64], count: int) -> Hashes:
    """[documents, count] MinHash values."""
    rng = np.random.Generator(np.random.PCG64(_SEED))
    factors = rng.integers(1, 2**63, count, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    offsets = rng.integers(0, 2**63, count, dtype=np.uint64)
    result = np.empty((len(starts) - 1, count), np.uint64)
    for column, (factor, offset) in enumerate(zip(factors, offsets, strict=True)):
        result[:, column] = np.minimum.reduceat(_mixed(grams * factor + offset), starts[:-1])
    return result


def _candidates(minhashes: Hashes, bands: int, rows: int) -> set[tuple[int, int]]:
    """Pairs to verify: within a bucket every document with the first one and with the one before it."""
    pairs: set[tuple[int, int]] = set()
    for band in range(bands):
        keys = np.zeros(len(minhashes), np.uint64)
        for column in range(band * rows, (band + 1) * rows):
            keys = _mixed(keys * _MULTIPLIER + minhashes[:, column])
        order = np.argsort(keys, kind="stable")
        new = np.flatnonzero(np.diff(keys[order])) + 1
        for bucket in np.split(order, new):
            if len(bucket) > 1:
                members = bucket.tolist()
                pairs.update((members[0], member) for member in members[1:])
                pairs.update(pairwise(members))
    return pairs


class Clusters:
    """Union-find whose root is always the smallest member."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def find(self, item: int) -> int:
        root = item
        while self._parents[root] != root:
            root = self._parents[root]
        while self._parents[item] != root:
            self._parents[item], item = root, self._parents[item]
        return root

    def union(self, first: int, second: int) -> None:
        low, high = sorted((self.find(first), self.find(second)))
        self._parents[high] = low


def _exact(documents: Sequence[Document]) -> tuple[list[Document], list[Rejection]]:
    first: dict[bytes, Document] = {}
    rejected = []
    for document in documents:
        original = first.setdefault(hashlib.sha256(document.text.encode()).digest(), document)
        if original is not document:
            rejected.append(Rejection(document, "exact_duplicate", f"same text as {original.id}", 1.0))
    return list(first.values()), rejected


def _near(documents: Sequence[Document], params: DedupParams) -> tuple[list[Document], list[Rejection]]:
    if not documents:
        return [], []
    grams, starts = shingles(documents, params.ngram)
    minhashes = signatures(grams, starts, params.bands * params.rows)
    unique: dict[int, Hashes] = {}

    def similarity(first: int, second: int) -> float:
        for index in (first, second):
            if index not in unique:
                unique[index] = np.unique(grams[starts[index] : starts[index + 1]])
        common = len(np.intersect1d(unique[first], unique[second], assume_unique=True))
        return common / (len(unique[first]) + len(unique[second]) - common)

    clusters = Clusters(len(documents))
    for first, second in sorted(_candidates(minhashes, params.bands, params.rows)):
        if clusters.find(first) != clusters.find(second) and similarity(first, second) >= params.threshold:
            clusters.union(first, second)
    kept, rejected = [], []
    for index, document in enumerate(documents):
        root = clusters.find(index)
        if root == index:
            kept.append(document)
        else:
            reason = f"in the cluster of {documents[root].id}"
            rejected.append(Rejection(document, "near_duplicate", reason, similarity(root, index)))
    return kept, rejected


def deduplicate(documents: Sequence[Document], params: DedupParams) -> tuple[list[Document], list[Rejection]]:
    """One document of every cluster, in the order of ids, and what the others repeat."""
    distinct, exact = _exact(sorted(documents, key=lambda document: document.id))
    kept, near = _near(distinct, params)
    return kept, exact + near
