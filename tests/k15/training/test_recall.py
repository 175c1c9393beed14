"""Recall documents as batches, and retrieval measured inside training."""

from __future__ import annotations

import re

import torch

from k15.tasks.needle import Needle
from k15.training.batch import IGNORED
from k15.training.recall import recall_batch
from k15.training.retrieval import retrieval
from tests.k15 import tiny


def test_only_the_answers_and_their_ends_are_targets() -> None:
    batch = recall_batch(3, 120, 1, 0, tiny.tokenizer())
    assert batch.tokens.shape == (3, 120) and batch.segments is None
    for tokens, targets in zip(batch.tokens, batch.targets, strict=True):
        wanted = targets != IGNORED
        assert torch.equal(targets[:-1][wanted[:-1]], tokens[1:][wanted[:-1]])
        codes = re.findall(r" is (\d+)\.", tiny.tokenizer().decode(tokens.tolist()))
        assert tiny.tokenizer().decode(targets[wanted].tolist()) == f"{codes[-1]}." and codes[-1] == codes[0]


def test_a_row_weighs_as_much_as_a_row_of_text() -> None:
    assert recall_batch(3, 120, 1, 0, tiny.tokenizer()).weight == 3 * 120


def test_batches_are_a_function_of_the_step() -> None:
    one, again, other = (recall_batch(2, 120, 1, step, tiny.tokenizer()) for step in (4, 4, 5))
    assert torch.equal(one.tokens, again.tokens) and not torch.equal(one.tokens, other.tokens)
    assert not torch.equal(one.tokens[0], one.tokens[1])


@torch.no_grad()
def test_retrieval_is_greedy_decoding() -> None:
    model, tokenizer = tiny.model(), tiny.tokenizer()
    (stop,) = tokenizer.encode(".")
    model.output_weight()[stop] *= 20  # else an untrained model ends no answer

    def greedy(ids: list[int]) -> int:
        return int((model(torch.tensor([ids]))[0, -1] @ model.output_weight().T).argmax())

    found, missed = [], []
    for first in range(8, 200):
        prompt = [first, 9, 10]
        token = greedy(prompt)
        if tokenizer.encode(f"{tokenizer.decode([token])}.") == [token, stop] and greedy([*prompt, token]) == stop:
            other = "1" if tokenizer.decode([token]) != "1" else "2"
            found.append(Needle(prompt, tokenizer.decode([token]), 3, 0.0))
            missed.append(Needle(prompt, other, 3, 0.0))
    assert len(found) >= 3
    assert retrieval(model, tokenizer, found, rows=2) == 1
    assert retrieval(model, tokenizer, missed) == 0
    assert retrieval(model, tokenizer, [*found[:3], missed[0]]) == 0.75
    model.output_weight()[stop] /= -20
    assert retrieval(model, tokenizer, found) == 0  # no longer ended, whatever the answers
