"""Needle retrieval measured inside training, without an inference engine.

An answer counts when greedy decoding would give it and end it: every token of it, and the full stop, is the most
probable one after the prompt and the tokens before it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from k15.model import parallel
from k15.model.vlm import VisionLanguageModel
from k15.tasks.needle import Needle
from k15.tokenizer import Tokenizer


@torch.no_grad()
def retrieval(model: VisionLanguageModel, tokenizer: Tokenizer, needles: Sequence[Needle], rows: int = 8) -> float:
    """Share of `needles`, all of one length, that the model retrieves."""
    found = 0
    for start in range(0, len(needles), rows):
        part = needles[start : start + rows]
        answers = torch.tensor([tokenizer.encode(f"{n.answer}.") for n in part])
        tokens = torch.cat([torch.tensor([n.prompt_ids for n in part]), answers], dim=1).to(parallel.device())
        size = answers.shape[1]
        hidden = model(tokens)[:, -size - 1 : -1]
        logits = hidden @ model.output_weight().T
        found += int((logits.argmax(-1).cpu() == answers).all(-1).sum())
    return found / len(needles)
