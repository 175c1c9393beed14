"""Clusters of duplicates in a corpus larger than memory (§2.5.1, App. B).

Exact duplicates share a digest; near duplicates share a MinHash band and reach the threshold in the exact Jaccard
similarity of their n-grams; with `embeddings`, documents of like meaning join. Clusters are what these edges
connect, and of each the document with the smallest id is kept.
Guarantees: clusters depend on the set of documents alone, not on how they lie in units or in which order; the work
in a bucket is linear in its size. Memory does not grow with the corpus, except for the table of duplicates that is
returned: what is known of each document lies in mapped files under `work`, some 50 bytes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from k15.curation.duplicates.candidates import candidates
from k15.curation.duplicates.clusters import Clusters
from k15.curation.duplicates.embeddings import Vectors
from k15.curation.duplicates.embeddings import pairs as pairs_alike
from k15.curation.duplicates.members import Similarities, duplicates
from k15.curation.duplicates.params import DuplicatesParams
from k15.curation.duplicates.shingles import Shingles
from k15.curation.duplicates.signed import SignedTexts, halves
from k15.curation.duplicates.sorting import SortedFile
from k15.curation.duplicates.words import Spelling, spelling_of


def find(signed: Sequence[Path], params: DuplicatesParams, work: Path) -> pa.Table:
    """All documents that are not kept, in the order of ids: `id`, `cluster` (the id of the one kept), `kind` (exact,
    near or embedding), `similarity` to the one kept, `across` (whether that is of another source).

    `signed` are Parquet files with `id`, `text`, `domain`, `source`, `digest` and `bands`; `work` is a directory for
    files of no use afterwards.
    """
    work.mkdir(parents=True, exist_ok=True)
    units = SignedTexts(signed)
    clusters, same = Clusters(work / "clusters", len(units)), Clusters(work / "same", len(units))
    digests, bands = _sorted(units, work)
    _join_equal(digests, clusters, same)
    shingles = Shingles(units, params.ngram, work)
    pairs = candidates(bands, same, work)
    shingles.hold(pairs.wanted)
    for first, second in pairs:
        near = shingles.similarities(first, second) >= params.threshold
        clusters.join(first[near], second[near])
    if params.embeddings is None:
        return duplicates(units, clusters, clusters, Similarities(same, shingles, None), work)
    vectors = Vectors(units, params.embeddings, work)
    wider = clusters.copy(work / "wider")
    for first, second in pairs_alike(units, vectors, params.embeddings, work):
        wider.join(first, second)
    return duplicates(units, clusters, wider, Similarities(same, shingles, vectors), work)


def _sorted(units: SignedTexts, work: Path) -> tuple[SortedFile, SortedFile]:
    """Records of digest (two halves) and number, and of bucket, digest (one half) and number."""
    digests = SortedFile(work / "digests", fields=3, keys=2)
    bands = SortedFile(work / "bands", fields=3, keys=2)
    for numbers, batch in units.read(["digest", "bands", "domain"]):
        digest = halves(batch.column("digest"))
        symbolic = [spelling_of(domain) == Spelling.SYMBOLIC for domain in batch.column("domain").to_pylist()]
        # The last bit of the digest gives way to the spelling: equal texts stay neighbours.
        second = (digest[:, 1] & ~np.uint64(1)) | np.array(symbolic, np.uint64)
        names = numbers.astype(np.uint64)
        digests.add(np.stack([digest[:, 0], second, names], axis=1))
        keys = batch.column("bands")
        owners = np.repeat(np.arange(len(numbers)), keys.value_lengths().to_numpy())
        bands.add(np.stack([keys.flatten().to_numpy(), digest[owners, 0], names[owners]], axis=1))
    return digests, bands


def _join_equal(digests: SortedFile, clusters: Clusters, same: Clusters) -> None:
    """Equal texts are one cluster; in `same` only those of one spelling, whose n-grams are equal too."""
    last = np.empty((0, 3), np.uint64)
    for block in digests.blocks():
        block = np.concatenate([last, block])
        changes = block[1:, :2] ^ block[:-1, :2]
        numbers = block[:, 2].astype(np.int64)
        equal = (changes[:, 0] == 0) & (changes[:, 1] <= 1)
        clusters.join(numbers[:-1][equal], numbers[1:][equal])
        equal &= changes[:, 1] == 0
        same.join(numbers[:-1][equal], numbers[1:][equal])
        last = block[-1:]
