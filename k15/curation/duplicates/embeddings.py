"""Documents of like meaning: near neighbours among their vectors (§2.5.1).

Vectors lie in a mapped file. Random hyperplanes cut the space into cells, several times over; within a cell each
text is compared with those after it in the order of digests, exactly, in tiles, up to a bounded distance.
Guarantees: pairs depend on the texts, the encoder and the params alone, and a pair's cosine reaches the threshold.
Not guaranteed: that a pair is found that no cut leaves in one cell (at a cosine of 0.95, 8 tables and 1,000 cells
about one in 20), or that lies far apart in an overfull cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from k15.curation.duplicates.encoders import Matrix, encoder
from k15.curation.duplicates.params import EmbeddingParams
from k15.curation.duplicates.signed import Numbers, SignedTexts, halves, mapped
from k15.curation.duplicates.sorting import Records, SortedFile

_TILE = 256
_SLACK = 1e-3
"""By which a tile's cosines may be wrong: the pairs it proposes are computed anew, one by one."""


class Vectors:
    """Of unit length, by number; zero for a text without words."""

    def __init__(self, units: SignedTexts, params: EmbeddingParams, work: Path) -> None:
        encode = encoder(units, params)
        self.dimensions = encode.dimensions
        self._rows = mapped(work / "vectors", len(units) * self.dimensions, np.float32).reshape(-1, self.dimensions)
        for numbers, batch in units.read(["text"]):
            rows = encode.encode(batch.column("text").to_pylist()).astype(np.float64)
            norms = np.linalg.norm(rows, axis=1, keepdims=True)
            self._rows[numbers] = rows / np.where(norms > 0, norms, 1)

    def of(self, numbers: Numbers) -> Matrix:
        return np.asarray(self._rows[numbers])

    def cosines(self, first: Numbers, second: Numbers) -> npt.NDArray[np.float64]:
        return (self.of(first).astype(np.float64) * self.of(second)).sum(axis=1)


def pairs(
    units: SignedTexts, vectors: Vectors, params: EmbeddingParams, work: Path
) -> Iterator[tuple[Numbers, Numbers]]:
    """Numbers of documents whose vectors are alike."""
    cells = _cells(units, vectors, params, work)
    window = 2 * params.bucket
    carried: Records = np.empty((0, 3), np.uint64)
    for block in cells.blocks():
        block = np.concatenate([carried, block])
        new = np.ones(len(block), bool)
        new[1:] = (block[1:, :2] != block[:-1, :2]).any(axis=1)
        seen = int(new[: len(carried)].sum())
        block = block[new]
        yield from _alike(block, seen, window, vectors, params.threshold)
        carried = block[-window:]


def _cells(units: SignedTexts, vectors: Vectors, params: EmbeddingParams, work: Path) -> SortedFile:
    bits = max(math.ceil(math.log2(max(len(units), 1) / params.bucket)), 0)
    tables = params.tables if bits else 1
    rng = np.random.Generator(np.random.PCG64(params.seed))
    planes = rng.standard_normal((vectors.dimensions, tables * bits))
    powers = np.uint64(1) << np.arange(bits, dtype=np.uint64)
    first_keys = np.arange(tables, dtype=np.uint64) << np.uint64(bits)
    cells = SortedFile(work / "cells", fields=3, keys=2)
    for numbers, batch in units.read(["digest"]):
        rows = vectors.of(numbers).astype(np.float64)
        worded = np.flatnonzero(rows.any(axis=1))
        sides = (rows[worded] @ planes > 0).reshape(len(worded), tables, bits)
        keys = (sides * powers).sum(axis=2, dtype=np.uint64) + first_keys
        digests, names = halves(batch.column("digest"))[worded, 0], numbers[worded].astype(np.uint64)
        cells.add(np.stack([keys.ravel(), np.repeat(digests, tables), np.repeat(names, tables)], axis=1))
    return cells


def _alike(
    block: Records, seen: int, window: int, vectors: Vectors, threshold: float
) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of a cell at most `window` apart, but not those among the `seen` first records."""
    numbers = block[:, 2].astype(np.int64)
    for begin in range(0, len(block), _TILE):
        end = min(begin + _TILE, len(block))
        left = vectors.of(numbers[begin:end])
        for other in range(max(begin, seen // _TILE * _TILE), min(end + window, len(block)), _TILE):
            until = min(other + _TILE, len(block))
            if block[end - 1, 0] < block[other, 0]:
                break
            close = left @ vectors.of(numbers[other:until]).T >= threshold - _SLACK
            close &= block[begin:end, 0][:, None] == block[other:until, 0]
            row, column = np.nonzero(close)
            row, column = row + begin, column + other
            apart = (row < column) & (column - row <= window) & (column >= seen)
            first, second = numbers[row[apart]], numbers[column[apart]]
            enough = vectors.cosines(first, second) >= threshold
            yield first[enough], second[enough]
