"""Packed token blocks of the curated corpus as training batches and as validation loss."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from k15.artifacts import read_dataset
from k15.errors import UserError
from k15.model import parallel
from k15.model.vlm import VisionLanguageModel
from k15.seeds import derive
from k15.training.batch import IGNORED, Batch
from k15.training.trainer import cross_entropy


class TokenBlocks:
    """The blocks of one split that a stage of pretraining reads (there is one validation split for all): `tokens`
    [N, L], `segments` [N, L] (document number within the block, -1: padding) and each block's domain."""

    def __init__(self, path: Path, split: str, stage: str = "pretrain") -> None:
        table = read_dataset(path, "tokens")
        table = table.filter(pc.and_(pc.equal(table["split"], split), pc.equal(table["stage"], stage)))
        rows = table.num_rows
        if not rows:
            raise UserError(f"{path}: no {split} blocks for {stage}; curate more documents, or raise its shares")
        tokens = table["tokens"].combine_chunks()
        self.tokens = torch.from_numpy(tokens.flatten().to_numpy().reshape(rows, -1).astype(np.int64))
        self.segments = _segments(table["lengths"].combine_chunks(), self.tokens.shape[1])
        self.domains: list[str] = table["domain"].to_pylist()

    def __len__(self) -> int:
        return len(self.domains)

    def runs(self, count: int) -> list[int]:
        """Where `count` consecutive blocks are of one domain: a long document runs on from one to the next."""
        starts = [i for i in range(len(self) - count + 1) if len(set(self.domains[i : i + count])) == 1]
        if not starts:
            raise UserError(f"no domain has {count} consecutive blocks; curate more documents or shorten the rows")
        return starts

    def batch(self, indices: Sequence[int], length: int | None = None, full_attention: bool = False) -> Batch:
        """The given blocks as rows; a `length` beyond the block's joins consecutive ones. Documents are kept
        apart unless `full_attention`; padding is kept out of all of them."""
        block = self.tokens.shape[1]
        per_row = max(1, (length or block) // block)
        tokens = self.tokens[list(indices)].reshape(-1, per_row * block)
        within = self.segments[list(indices)]
        # A row read as one document is one segment; a row of separate documents numbers them across its blocks.
        piece = torch.zeros_like(within) if full_attention else torch.arange(len(indices))[:, None] * block + within
        segments = torch.where(within < 0, within, piece).reshape(-1, per_row * block)
        targets = torch.full_like(tokens, IGNORED)
        # The last token of a document predicts nothing: the next one is another document's, or padding.
        follows = (segments[:, :-1] == segments[:, 1:]) & (segments[:, 1:] >= 0)
        targets[:, :-1][follows] = tokens[:, 1:][follows]
        return Batch(tokens, targets, segments if bool(segments.any()) else None)


def _segments(lengths: pa.ListArray, block: int) -> torch.Tensor:
    """[N, block]: the number of each token's document within its block; what comes after the last is padding."""
    counts = torch.from_numpy(np.diff(lengths.offsets.to_numpy()).astype(np.int64))
    sizes = torch.from_numpy(lengths.flatten().to_numpy().astype(np.int64))
    row = torch.repeat_interleave(torch.arange(len(lengths)), counts)
    ends = sizes.cumsum(0)
    filled = torch.zeros(len(lengths), dtype=torch.int64).index_add_(0, row, sizes)
    number = torch.arange(len(sizes)) - (counts.cumsum(0) - counts)[row]
    segments = torch.full((len(lengths), block), -1)
    place = torch.arange(int(ends[-1]) if len(ends) else 0) - torch.repeat_interleave(filled.cumsum(0) - filled, filled)
    segments[torch.repeat_interleave(row, sizes), place] = torch.repeat_interleave(number, sizes)
    return segments


class Shuffle:
    """An endless, seeded order over `size` items: epoch after epoch, each a fresh permutation. Item `n` of the
    order is a pure function of `n`."""

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.seed = size, seed
        self._epoch = -1
        self._order: list[int] = []

    def take(self, start: int, count: int) -> list[int]:
        """Items `start` … `start + count - 1` of the order."""
        return [self._item(n) for n in range(start, start + count)]

    def _item(self, n: int) -> int:
        epoch, offset = divmod(n, self.size)
        if epoch != self._epoch:
            generator = np.random.default_rng(derive(self.seed, "epoch", epoch))
            self._epoch, self._order = epoch, generator.permutation(self.size).tolist()
        return self._order[offset]


@torch.no_grad()
def validation_loss(model: VisionLanguageModel, blocks: TokenBlocks, rows: int, limit: int) -> dict[str, float]:
    """Mean loss a token by domain (nats), over at most `limit` blocks of each."""
    losses: dict[str, float] = {}
    for domain in sorted(set(blocks.domains)):
        own = [i for i, d in enumerate(blocks.domains) if d == domain][:limit]
        total = count = 0.0
        for start in range(0, len(own), rows):
            batch = blocks.batch(own[start : start + rows]).to(parallel.device())
            total += cross_entropy(model, batch).item()
            count += batch.weight
        losses[domain] = round(total / count, 4)
    return losses
