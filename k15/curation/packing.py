"""Documents to fixed blocks of tokens.

Guarantees: every token of the documents comes once, in order, but for the last incomplete block; a block
states the lengths of the documents (or pieces of documents) in it, so that attention can stay within a
document. A document that crosses a block's end goes on in the next block.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Tokens = npt.NDArray[np.int32]


def pack(documents: Sequence[Tokens], block_length: int) -> tuple[Tokens, list[list[int]]]:
    """Blocks [blocks, block_length], and per block the lengths of its pieces."""
    ends = np.cumsum([len(document) for document in documents], dtype=np.int64)
    blocks = int(ends[-1]) // block_length if len(documents) else 0
    if not blocks:
        return np.zeros((0, block_length), np.int32), []
    tokens = np.concatenate(documents)[: blocks * block_length].reshape(blocks, block_length)
    cuts = np.union1d(ends[ends < blocks * block_length], np.arange(1, blocks + 1) * block_length)
    pieces = np.diff(cuts, prepend=0)
    first = np.flatnonzero(cuts % block_length == 0)[:-1] + 1
    return tokens, [piece.tolist() for piece in np.split(pieces, first)]


def table(domain: str, split: str, tokens: Tokens, lengths: list[list[int]]) -> pa.Table:
    """The rows of the `tokens` schema."""
    blocks, block_length = tokens.shape
    offsets = np.arange(blocks + 1, dtype=np.int32) * block_length
    return pa.table(
        {
            "domain": pa.array([domain] * blocks, pa.string()),
            "split": pa.array([split] * blocks, pa.string()),
            "tokens": pa.ListArray.from_arrays(offsets, pa.array(tokens.reshape(-1), pa.int32())),
            "lengths": pa.array(lengths, pa.list_(pa.int32())),
        }
    )
