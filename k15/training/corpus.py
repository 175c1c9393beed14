"""Packed token blocks of the curated corpus as training batches and as validation loss."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from k15.artifacts import read_dataset
from k15.errors import UserError
from k15.model import parallel
from k15.model.vlm import VisionLanguageModel
from k15.seeds import derive
from k15.training.batch import IGNORED, Batch
from k15.training.trainer import cross_entropy


class TokenBlocks:
    """The blocks of one split: `tokens` [N, L], `segments` [N, L] (document number within the block) and each
    block's domain."""

    def __init__(self, path: Path, split: str, domains: Sequence[str] | None = None) -> None:
        table = read_dataset(path, "tokens")
        wanted = [
            i
            for i, (s, d) in enumerate(zip(table["split"].to_pylist(), table["domain"].to_pylist(), strict=True))
            if s == split and (domains is None or d in domains)
        ]
        if not wanted:
            raise UserError(f"{path}: no {split} blocks of {domains or 'any domain'}; curate more documents")
        table = table.take(wanted)
        rows = len(wanted)
        tokens = table["tokens"].combine_chunks()
        self.tokens = torch.from_numpy(tokens.flatten().to_numpy().reshape(rows, -1).astype(np.int64))
        lengths = table["lengths"].to_pylist()
        self.segments = torch.stack([torch.repeat_interleave(torch.arange(len(x)), torch.tensor(x)) for x in lengths])
        self.domains: list[str] = table["domain"].to_pylist()

    def __len__(self) -> int:
        return len(self.domains)

    def runs(self, count: int) -> list[int]:
        """Where `count` consecutive blocks are of one domain: documents run on from one to the next."""
        starts = [i for i in range(len(self) - count + 1) if len(set(self.domains[i : i + count])) == 1]
        if not starts:
            raise UserError(f"no domain has {count} consecutive blocks; curate more documents or shorten the rows")
        return starts

    def batch(self, indices: Sequence[int], length: int | None = None, full_attention: bool = False) -> Batch:
        """The given blocks as rows; a `length` beyond the block's joins consecutive ones. Documents are kept
        apart unless `full_attention`."""
        block = self.tokens.shape[1]
        per_row = max(1, (length or block) // block)
        tokens = self.tokens[list(indices)].reshape(-1, per_row * block)
        targets = torch.full_like(tokens, IGNORED)
        targets[:, :-1] = tokens[:, 1:]
        if full_attention:
            return Batch(tokens, targets)
        piece = torch.arange(len(indices))[:, None] * block + self.segments[list(indices)]
        segments = piece.reshape(-1, per_row * block)
        # The last token of a document predicts nothing: the next one is another document's.
        targets[:, :-1][segments[:, :-1] != segments[:, 1:]] = IGNORED
        return Batch(tokens, targets, segments)


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
