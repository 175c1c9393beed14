"""Recall documents as batches: long text that ends by asking for a code stated somewhere before.

Only the answers are targets. Each row weighs as much as a row of plain text of its length, so that a mixture's shares
are shares of the loss, not only of the rows.
"""

from __future__ import annotations

import torch

from k15.seeds import derive
from k15.tasks import needle
from k15.tokenizer import Tokenizer
from k15.training.batch import IGNORED, Batch


def recall_batch(rows: int, length: int, seed: int, step: int, tokenizer: Tokenizer) -> Batch:
    """`rows` documents of `length` tokens, a function of (seed, step)."""
    tokens = torch.empty(rows, length, dtype=torch.long)
    targets = torch.full((rows, length), IGNORED)
    for row in range(rows):
        ids, answers = needle.document(length, 1, derive(seed, "recall", step, row), tokenizer)
        tokens[row] = torch.tensor(ids)
        wanted = torch.tensor(answers)[1:]
        targets[row, :-1][wanted] = tokens[row, 1:][wanted]
    share = length / (targets != IGNORED).sum(-1, keepdim=True)
    return Batch(tokens, targets, weights=share.expand(rows, length))
