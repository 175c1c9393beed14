"""Documents to fixed blocks of tokens: best fit, longest documents first, so that hardly any document is cut.

Guarantees: every token of the documents comes once. A document longer than a block is cut into full blocks, which
follow one another, and a rest, which is packed like a document. Shorter ones stay whole as far as at least `occupancy`
of the places are then filled; where their shapes do not allow it (documents of two thirds of a block each), those of
the emptiest blocks are cut to fill the largest gaps. A block states the lengths of its documents, so that attention
stays within each; what they leave of it is padding, which belongs to none of them: `TokenBlocks`
(k15/training/corpus.py) neither attends to it nor learns from it. Which document is in which block depends on the
lengths in their order alone. Documents are placed within windows of `WINDOW_BLOCKS` blocks' tokens, so that the
search needs no more memory for a larger corpus (the plan is some numbers a document), and blocks stand about in the
order of their documents.
Not guaranteed: full blocks where there are few. The last block of a window is as full as it comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from k15.artifacts.schemas import DATASETS
from k15.tokenizer import PAD

Tokens = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]

WINDOW_BLOCKS = 1024
OCCUPANCY = 0.995
_GATHERED = 1 << 17  # tokens of a table


@dataclass(frozen=True)
class Plan:
    """Where the tokens of every block come from. Piece p is `lengths[p]` tokens of document `documents[p]` from
    `starts[p]` on; the pieces of block b are `firsts[b]` … `firsts[b + 1] - 1`."""

    block_length: int
    documents: Counts
    starts: Counts
    lengths: Counts
    firsts: Counts

    @property
    def blocks(self) -> int:
        return len(self.firsts) - 1

    @property
    def tokens(self) -> int:
        """Without padding."""
        return int(self.lengths.sum())

    @property
    def occupancy(self) -> float:
        """Share of the places that hold a document's token."""
        return self.tokens / (self.blocks * self.block_length) if self.blocks else 1.0

    @property
    def cut(self) -> int:
        """Documents that are not in one piece."""
        return len(np.unique(self.documents[self.starts > 0]))


def plan(lengths: npt.ArrayLike, block_length: int, occupancy: float = OCCUPANCY) -> Plan:
    """Blocks for documents of these lengths."""
    sizes = np.asarray(lengths, dtype=np.int64)
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(sizes) else 0
    bounds = np.searchsorted(ends, np.arange(0, total, WINDOW_BLOCKS * block_length), side="left")
    edges = np.unique([*bounds, len(sizes)]) if total else np.zeros(1, np.int64)
    parts = [_window(sizes[a:b], block_length, occupancy, int(a)) for a, b in pairwise(edges)]
    columns = [np.concatenate([part[i] for part in parts] or [np.zeros(0, np.int64)]) for i in range(4)]
    documents, starts, pieces, counts = columns
    return Plan(block_length, documents, starts, pieces, np.concatenate([[0], np.cumsum(counts)]))


def _window(sizes: Counts, block_length: int, occupancy: float, first: int) -> tuple[Counts, Counts, Counts, Counts]:
    """Documents, starts and lengths of the pieces, block after block, and how many pieces each block has."""
    rests, fulls = sizes % block_length, sizes // block_length
    whole = np.repeat(np.arange(len(sizes)), fulls)
    nth = np.arange(len(whole)) - np.repeat(np.cumsum(fulls) - fulls, fulls)
    rest = np.flatnonzero(rests)
    least = max(-(-sizes.sum() // block_length), int(sizes.sum() / (occupancy * block_length)))
    items, offsets, parts, places = _packed(rests[rest], block_length, int(least) - len(whole))
    # A full block is a block of its own, and numbered before those of the rests.
    owner = np.concatenate([np.arange(len(whole)), len(whole) + places])
    documents = np.concatenate([whole, rest[items]])
    starts = np.concatenate([nth * block_length, fulls[rest[items]] * block_length + offsets])
    lengths = np.concatenate([np.full(len(whole), block_length), parts])
    # Blocks in the order of their first documents (a long one's full blocks before the rest of it), and so within.
    earliest = np.full(owner.max(initial=-1) + 1, len(sizes))
    np.minimum.at(earliest, owner, documents)
    order = np.lexsort((starts, documents, owner, earliest[owner]))
    counts = np.diff(np.flatnonzero(np.diff(owner[order], prepend=-1, append=-1)))
    return documents[order] + first, starts[order], lengths[order], counts


def _packed(lengths: Counts, block_length: int, most: int) -> tuple[Counts, Counts, Counts, Counts]:
    """Items below a block's length in `most` blocks, which hold them all: the pieces' items, starts and lengths, and
    their blocks. None is cut unless best fit takes more blocks."""
    owner = _best_fit(lengths, block_length)
    filled = np.bincount(owner, lengths).astype(np.int64)
    emptiest = np.argsort(filled, kind="stable")[: max(0, len(filled) - most)]
    loose = np.isin(owner, emptiest)
    kept, cut = np.flatnonzero(~loose), np.flatnonzero(loose)
    rooms = block_length - filled
    rooms[emptiest] = 0
    order = np.argsort(-rooms, kind="stable")  # the largest gaps, so that there are few cuts
    item_ends, room_ends = np.cumsum(lengths[cut]), np.cumsum(rooms[order])
    tokens = int(item_ends[-1]) if len(cut) else 0
    ends = np.union1d(item_ends, room_ends[room_ends < tokens]) if tokens else item_ends
    begins = np.concatenate([[0], ends])[:-1]
    item = np.searchsorted(item_ends, ends)
    return (
        np.concatenate([kept, cut[item]]),
        np.concatenate([np.zeros(len(kept), np.int64), begins - (item_ends - lengths[cut])[item]]),
        np.concatenate([lengths[kept], ends - begins]),
        np.unique(np.concatenate([owner[kept], order[np.searchsorted(room_ends, ends)]]), return_inverse=True)[1],
    )


def _best_fit(lengths: Counts, block_length: int) -> Counts:
    """The block of every item: longest items first, each into the block that it leaves the least room in.

    The blocks are kept by their room, and which rooms there are is one integer's bits: the best fit is the lowest
    bit from the item's length on, so an item costs the same however many blocks are open.
    """
    owner = np.zeros(len(lengths), np.int64)
    with_room: defaultdict[int, list[int]] = defaultdict(list)
    rooms = blocks = 0
    for item in np.argsort(-lengths, kind="stable").tolist():
        length = int(lengths[item])
        if fitting := rooms >> length:
            room = length + (fitting & -fitting).bit_length() - 1
            block = with_room[room].pop()
            if not with_room[room]:
                rooms ^= 1 << room
        else:
            room, block = block_length, blocks
            blocks += 1
        if left := room - length:
            with_room[left].append(block)
            rooms |= 1 << left
        owner[item] = block
    return owner


def gather(plan: Plan, values: Tokens, offsets: npt.ArrayLike, first: int, last: int) -> Tokens:
    """Blocks `first` … `last - 1` [blocks, block_length]; document d begins at `values[offsets[d]]`."""
    pieces = slice(int(plan.firsts[first]), int(plan.firsts[last]))
    lengths = plan.lengths[pieces]
    counts = np.diff(plan.firsts[first : last + 1])
    before = np.cumsum(lengths) - lengths  # tokens of the pieces before, without padding
    block = np.repeat(np.arange(last - first), counts)
    padding = plan.block_length * block - before[plan.firsts[first:last] - plan.firsts[first]][block]
    sources = np.asarray(offsets, dtype=np.int64)[plan.documents[pieces]] + plan.starts[pieces]
    inside = np.arange(int(lengths.sum()))
    tokens = np.full((last - first) * plan.block_length, PAD, np.int32)
    tokens[inside + np.repeat(padding, lengths)] = values[inside + np.repeat(sources - before, lengths)]
    return tokens.reshape(-1, plan.block_length)


def tables(
    plan: Plan, values: Tokens, offsets: npt.ArrayLike, stage: str, domain: str, split: str
) -> Iterator[pa.Table]:
    """The rows of the `tokens` schema, some blocks at a time."""
    step = max(1, _GATHERED // plan.block_length)
    for first in range(0, plan.blocks, step):
        last = min(first + step, plan.blocks)
        tokens = gather(plan, values, offsets, first, last)
        firsts = plan.firsts[first : last + 1]
        pieces = pa.array(plan.lengths[firsts[0] : firsts[-1]], pa.int32())
        ends = np.arange(last - first + 1) * plan.block_length
        yield pa.table(
            schema=DATASETS["tokens"].columns,
            data={
                "stage": pa.array([stage] * len(tokens), pa.string()),
                "domain": pa.array([domain] * len(tokens), pa.string()),
                "split": pa.array([split] * len(tokens), pa.string()),
                "tokens": pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(tokens.reshape(-1))),
                "lengths": pa.ListArray.from_arrays(pa.array(firsts - firsts[0], pa.int32()), pieces),
            },
        )


def flat(documents: Sequence[Tokens]) -> tuple[Tokens, Counts]:
    """`values` and `offsets` of documents that are in memory."""
    lengths = np.array([len(document) for document in documents], dtype=np.int64)
    values = np.concatenate(documents) if len(documents) else np.zeros(0, np.int32)
    return values, np.cumsum(lengths) - lengths
