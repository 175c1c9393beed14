"""Copying warm-up (ours): random sequences that repeat after a random gap.

Retrieval over a long context needs heads that copy what followed an earlier occurrence. A small corpus forms them late
or never; a short warm-up on repeats does, so pretraining begins with it.
"""

from __future__ import annotations

import numpy as np
import torch

from k15.seeds import derive
from k15.tokenizer import SPECIAL_TOKENS
from k15.training.batch import IGNORED, Batch


def repeats(rows: int, length: int, vocab_size: int, seed: int, step: int) -> Batch:
    """Rows [rows, length]: a random sequence, then the same again and again; only repeated tokens are targets."""
    generator = np.random.default_rng(derive(seed, "repeats", step))
    first = len(SPECIAL_TOKENS)
    tokens = torch.empty(rows, length, dtype=torch.long)
    targets = torch.full((rows, length), IGNORED)
    for row in range(rows):
        period = int(generator.integers(length // 8, length // 2))
        once = torch.from_numpy(generator.integers(first, vocab_size, period))
        tokens[row] = once.repeat(length // period + 1)[:length]
        targets[row, period : length - 1] = tokens[row, period + 1 :]
    return Batch(tokens, targets)
