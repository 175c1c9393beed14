"""Order and shape of the curated blocks as training batches."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from k15.artifacts import Producer, write_dataset
from k15.errors import UserError
from k15.tokenizer import PAD
from k15.training.batch import IGNORED
from k15.training.corpus import Shuffle, TokenBlocks, validation_loss
from tests.k15 import tiny

BLOCKS = [
    {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [10, 11, 12, 13], "lengths": [4]},
    {"stage": "pretrain", "domain": "code", "split": "train", "tokens": [20, 21, 22, 23], "lengths": [3, 1]},
    {"stage": "pretrain", "domain": "math", "split": "validation", "tokens": [30, 31, 32, 33], "lengths": [2, 2]},
    {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [40, 41, 42, 43], "lengths": [1, 3]},
    {"stage": "cooldown", "domain": "code", "split": "train", "tokens": [50, 51, 52, 53], "lengths": [4]},
    {"stage": "cooldown", "domain": "code", "split": "train", "tokens": [60, 61, 62, 63], "lengths": [4]},
]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("artifacts") / "tokens"
    write_dataset(path, "tokens", BLOCKS, producer=Producer("curate", {}, ()))
    return path


@pytest.mark.parametrize("size", [1, 2, 7])
def test_every_epoch_is_a_permutation(size: int) -> None:
    order = Shuffle(size, seed=3)
    epochs = [order.take(epoch * size, size) for epoch in range(4)]
    assert all(sorted(epoch) == list(range(size)) for epoch in epochs)


def test_order_is_a_function_of_the_position() -> None:
    whole = Shuffle(7, seed=3).take(0, 40)
    backwards = Shuffle(7, seed=3)
    assert [backwards.take(n, 1)[0] for n in reversed(range(40))] == whole[::-1]
    assert Shuffle(7, seed=3).take(5, 12) == whole[5:17]
    assert Shuffle(7, seed=4).take(0, 40) != whole
    assert whole[:7] != whole[7:14]


def test_blocks_by_split_and_stage(dataset: Path) -> None:
    assert TokenBlocks(dataset, "train").tokens.tolist() == [[10, 11, 12, 13], [20, 21, 22, 23], [40, 41, 42, 43]]
    assert TokenBlocks(dataset, "validation").segments.tolist() == [[0, 0, 1, 1]]
    assert TokenBlocks(dataset, "train", "cooldown").domains == ["code", "code"]
    with pytest.raises(UserError, match="no train blocks for long_context"):
        TokenBlocks(dataset, "train", "long_context")


def test_runs_stay_within_a_domain(dataset: Path) -> None:
    blocks = TokenBlocks(dataset, "train")
    assert blocks.domains == ["math", "code", "math"] and blocks.runs(1) == [0, 1, 2]
    assert TokenBlocks(dataset, "train", "cooldown").runs(2) == [0]
    with pytest.raises(UserError, match="no domain has 2 consecutive blocks"):
        blocks.runs(2)


def test_documents_predict_within_themselves(dataset: Path) -> None:
    batch = TokenBlocks(dataset, "train").batch([1, 0])
    assert batch.tokens.tolist() == [[20, 21, 22, 23], [10, 11, 12, 13]]
    assert batch.targets.tolist() == [[21, 22, IGNORED, IGNORED], [11, 12, 13, IGNORED]]
    assert batch.segments is not None
    assert len(set(batch.segments[0].tolist())) == 2 and len(set(batch.segments[1].tolist())) == 1


def test_joined_blocks(dataset: Path) -> None:
    blocks = TokenBlocks(dataset, "train")
    apart = blocks.batch([0, 2], length=8)
    assert apart.tokens.tolist() == [[10, 11, 12, 13, 40, 41, 42, 43]]
    assert apart.targets.tolist() == [[11, 12, 13, IGNORED, IGNORED, 42, 43, IGNORED]]
    assert apart.segments is not None and len(set(apart.segments[0].tolist())) == 3
    full = blocks.batch([0, 2], length=8, full_attention=True)
    assert full.segments is None
    assert full.targets.tolist() == [[11, 12, 13, 40, 41, 42, 43, IGNORED]]


def test_validation_loss_is_a_mean_a_token(dataset: Path) -> None:
    model, blocks = tiny.model(), TokenBlocks(dataset, "train")
    losses = validation_loss(model, blocks, rows=1, limit=2)
    assert list(losses) == ["code", "math"]
    batch = blocks.batch([0, 2])
    with torch.no_grad():
        logits = model(batch.tokens, segments_BT=batch.segments) @ model.output_weight().T
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORED)
    assert math.isclose(losses["math"], expected.item(), abs_tol=1e-4)
    assert validation_loss(model, blocks, rows=2, limit=2) == losses


PADDED = [
    {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [10, 11, PAD, PAD], "lengths": [2]},
    {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [20, 21, 22, PAD], "lengths": [1, 2]},
    {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [30, 31, 32, 33], "lengths": [4]},
]


@pytest.fixture(scope="module")
def padded(tmp_path_factory: pytest.TempPathFactory) -> TokenBlocks:
    path = tmp_path_factory.mktemp("padded") / "tokens"
    write_dataset(path, "tokens", PADDED, producer=Producer("curate", {}, ()))
    return TokenBlocks(path, "train")


def test_padding_belongs_to_no_document(padded: TokenBlocks) -> None:
    assert padded.segments.tolist() == [[0, 0, -1, -1], [0, 1, 1, -1], [0, 0, 0, 0]]
    batch = padded.batch([0, 1])
    assert batch.targets.tolist() == [[11, IGNORED, IGNORED, IGNORED], [IGNORED, 22, IGNORED, IGNORED]]
    assert batch.weight == 2
    assert padded.batch([2]).segments is None  # plain causal attention, the fast way


def test_padding_within_joined_blocks(padded: TokenBlocks) -> None:
    apart = padded.batch([0, 2], length=8)
    assert apart.targets.tolist() == [[11, IGNORED, IGNORED, IGNORED, 31, 32, 33, IGNORED]]
    full = padded.batch([0, 2], length=8, full_attention=True)
    assert full.segments is not None
    assert full.segments.tolist() == [[0, 0, -1, -1, 0, 0, 0, 0]]
    assert full.targets.tolist() == apart.targets.tolist()


@pytest.mark.parametrize("full_attention", [False, True])
def test_padding_changes_no_prediction(padded: TokenBlocks, full_attention: bool) -> None:
    model, batch = tiny.model(), padded.batch([0, 1], length=8, full_attention=full_attention)
    noise = batch.tokens.masked_fill(batch.tokens == PAD, 40)
    with torch.no_grad():
        quiet, loud = (model(tokens, segments_BT=batch.segments) for tokens in (batch.tokens, noise))
    real = batch.tokens != PAD
    assert torch.equal(quiet[real], loud[real]) and not torch.equal(quiet, loud)
