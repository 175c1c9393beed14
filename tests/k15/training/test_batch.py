"""Rows of tokens: nothing lost, nothing shortened, pictures beside the row that they belong to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from k15.errors import UserError
from k15.model.hf_files import preprocess_image
from k15.tokenizer import IMAGE, PAD
from k15.training.batch import IGNORED, Batch, Example, by_length, dialogue, document, expand_images, fit, pack, pad
from k15.training.trainer import logprobs
from tests.k15 import tiny
from tests.k15.tiny import SHAPE, picture

_ = IGNORED


def test_document_predicts_everything_but_pictures() -> None:
    example = document([10, IMAGE, IMAGE, 11, 12], (picture(1),))
    assert example == Example([10, IMAGE, IMAGE, 11, 12], [_, _, 11, 12, _], 5, (picture(1),))


def test_dialogue_predicts_the_response() -> None:
    assert dialogue([10, 11, 12], [13, 14]) == Example([10, 11, 12, 13, 14], [_, _, 13, 14, _], 3)


def test_empty_response() -> None:
    with pytest.raises(UserError, match="empty response"):
        dialogue([10, 11], [])


def test_expand_images() -> None:
    assert expand_images([10, IMAGE, 11, IMAGE], 3) == [10, IMAGE, IMAGE, IMAGE, 11, IMAGE, IMAGE, IMAGE]


def test_pad() -> None:
    batch = pad([dialogue([10], [11, 12]), document([13, 14])], SHAPE.image_size)
    assert batch.tokens.tolist() == [[10, 11, 12], [13, 14, PAD]]
    assert batch.targets.tolist() == [[11, 12, _], [14, _, _]]
    assert batch.segments is None and batch.images is None
    assert batch.weight == 3


def test_weights() -> None:
    batch = pad([document([10, 11, 12])], SHAPE.image_size)
    weighted = type(batch)(batch.tokens, batch.targets, weights=torch.tensor([[0.5, 2.0, 9.0]]))
    assert weighted.weight == 2.5  # the last position has no target


@pytest.mark.parametrize(
    ("lengths", "capacity", "rows"),
    [
        ([], 10, []),
        ([10], 10, [[0]]),
        ([3, 7, 5, 5, 1], 10, [[1, 0], [2, 3], [4]]),
        ([4, 4, 4], 8, [[0, 1], [2]]),
        ([2, 6, 3, 7, 1], 10, [[3, 2], [1, 0, 4]]),
    ],
)
def test_fit(lengths: list[int], capacity: int, rows: list[list[int]]) -> None:
    assert fit(lengths, capacity) == rows


@pytest.mark.parametrize(
    ("lengths", "budget", "parts"),
    [
        ([], 64, []),
        ([100], 64, [[0]]),  # over the budget, but alone
        ([30, 10, 10], 1024, [[1, 2], [0]]),  # 20 + 30 places and 2 · 32 for two microbatches: less than 90 and 32
        ([30, 10, 20], 1024, [[1, 2, 0]]),  # 90 + 32: less than 40 + 30 + 64
        ([8] * 5, 16, [[0], [1, 2], [3, 4]]),
    ],
)
def test_by_length(lengths: list[int], budget: int, parts: list[list[int]]) -> None:
    assert by_length(lengths, budget) == parts


def test_by_length_wastes_little_on_a_long_tail() -> None:
    lengths = [30 + 350 * i**4 // 80**4 for i in range(80)]
    parts = by_length(lengths, 8192)
    assert sorted(i for part in parts for i in part) == list(range(80))
    places = sum(len(part) * max(lengths[i] for i in part) for part in parts)
    assert sum(lengths) / places > 0.8


def test_fit_refuses_what_is_too_long() -> None:
    with pytest.raises(UserError, match="an example of 11 tokens does not fit rows of 10"):
        fit([3, 11], 10)


def test_pack() -> None:
    examples = [document([10, 11]), dialogue([20, 21], [22, 23]), document([30, 31, 32])]
    batch = pack(examples, 7, SHAPE.image_size)
    assert batch.tokens.tolist() == [[20, 21, 22, 23, 30, 31, 32], [10, 11, PAD, PAD, PAD, PAD, PAD]]
    assert batch.targets.tolist() == [[_, 22, 23, _, 31, 32, _], [11, _, _, _, _, _, _]]
    assert batch.segments is not None
    assert batch.segments.tolist() == [[0, 0, 0, 0, 1, 1, 1], [0, 0, -1, -1, -1, -1, -1]]
    assert batch.weight == 5


def test_pictures_follow_the_rows() -> None:
    short = document([IMAGE, 10], (picture(1),))
    long = document([IMAGE, 20, IMAGE, 21, 22], (picture(2), picture(3)))
    middle = document([IMAGE, 30, 31], (picture(4),))
    batch = pack([short, middle, long], 7, SHAPE.image_size)
    assert batch.tokens[:, 1].tolist() == [20, 30] and batch.tokens[0, 6] == 10
    expected = [preprocess_image(picture(i), SHAPE.image_size) for i in (2, 3, 1, 4)]
    assert batch.images is not None and torch.equal(batch.images, torch.stack(expected))
    padded = pad([short, long], SHAPE.image_size).images
    assert padded is not None and torch.equal(padded, torch.stack([expected[2], *expected[:2]]))


@pytest.mark.parametrize("arrange", [pad, lambda examples, size: pack(examples, 32, size)])
def test_a_sampled_image_token_is_no_picture(arrange: Callable[[list[Example], int], Batch]) -> None:
    """A policy may sample `<image>`; the picture of another row must not slip into its place."""
    patches = [IMAGE] * SHAPE.image_tokens
    stray = dialogue([10, 11], [12, IMAGE, 13])
    seen = dialogue([*patches, 14], [15, 16], (picture(1),))
    both = [stray, seen]
    model = tiny.model()
    with torch.no_grad():
        together = logprobs(model, arrange(both, SHAPE.image_size)).sum()
        apart = sum(logprobs(model, pad([example], SHAPE.image_size)).sum() for example in both)
    assert together.item() == pytest.approx(float(apart), abs=1e-4)
