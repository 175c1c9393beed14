"""Vision-language documents, alone and mixed into text."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from k15.artifacts import Producer, write_dataset
from k15.errors import UserError
from k15.tokenizer import END_OF_TEXT, IMAGE
from k15.training.batch import Batch, pack
from k15.training.corpus import TokenBlocks
from k15.training.vision import Mixture, VisionDocuments
from tests.k15 import tiny

PATCHES, SIZE, LENGTH = tiny.SHAPE.image_tokens, tiny.SHAPE.image_size, 32
PRODUCER = Producer("curate", {}, ())


def row(
    number: int, kind: str = "caption", split: str = "train", text: str = "<image> on the hill"
) -> dict[str, object]:
    images = [tiny.picture(number + i) for i in range(text.count("<image>"))]
    known = {"id": str(number), "kind": kind, "source": "test", "split": split, "meta": "{}"}
    return {**known, "text": text, "images": images}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("artifacts") / "vision"
    rows = [
        row(1),
        row(2, kind="qa", text="<image> the river <image>"),
        row(4, kind="qa", split="validation"),
        row(5, kind="interleaved", text="<image>" + " in the garden" * 30),
        row(6, kind="ocr", text="<image> mill"),
    ]
    write_dataset(path, "vision_document", rows, producer=PRODUCER)
    return path


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> TokenBlocks:
    path = tmp_path_factory.mktemp("artifacts") / "tokens"
    tokens = [
        {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [8 + i] * LENGTH, "lengths": [LENGTH]}
        for i in range(12)
    ]
    write_dataset(path, "tokens", tokens, producer=PRODUCER)
    return TokenBlocks(path, "train")


def documents(dataset: Path, length: int = LENGTH, kinds: tuple[str, ...] | None = None) -> VisionDocuments:
    return VisionDocuments(dataset, tiny.tokenizer(), PATCHES, SIZE, length, 1, kinds)


def test_examples(dataset: Path) -> None:
    made = documents(dataset)
    first, second, third = made.examples  # the long one would lose patches if it were cut
    assert made.too_long == 1
    assert first.ids[: PATCHES + 1] == [IMAGE] * PATCHES + tiny.tokenizer().encode(" on the hill")[:1]
    assert first.ids[-1] == END_OF_TEXT and END_OF_TEXT in first.targets and IMAGE not in first.targets
    assert second.ids.count(IMAGE) == 2 * PATCHES and len(second.images) == 2
    assert third.images == (tiny.picture(6),)
    questions = documents(dataset, kinds=("qa",))
    assert (len(questions.examples), questions.too_long) == (1, 0)


def test_a_document_weighs_as_much_as_a_text_of_its_length(dataset: Path) -> None:
    made = documents(dataset)
    total = sum(len(example.ids) for example in made.examples)
    assert pack(made.examples, LENGTH, SIZE).weight == pytest.approx(total)


def test_unusable_documents(dataset: Path) -> None:
    with pytest.raises(UserError, match="no vision documents"):
        documents(dataset, kinds=("knowledge",))
    with pytest.raises(UserError, match="every vision document is longer than 4 tokens"):
        documents(dataset, length=4)


def same(left: Batch, right: Batch) -> bool:
    return all(torch.equal(own, getattr(right, name)) for name, own in vars(left).items() if own is not None)


def test_batches_are_a_function_of_the_step(dataset: Path) -> None:
    one, other = documents(dataset), documents(dataset)
    made = [one.batch(step, 2) for step in range(3)]
    assert all(same(other.batch(step, 2), made[step]) for step in (2, 0, 1))
    batch = made[0]
    assert batch.images is not None
    assert int((batch.tokens == IMAGE).sum()) == len(batch.images) * PATCHES


@pytest.mark.parametrize(("share", "text_rows", "pictures"), [(0.0, 4, False), (0.25, 3, True), (1.0, 0, True)])
def test_mixture(dataset: Path, blocks: TokenBlocks, share: float, text_rows: int, pictures: bool) -> None:
    batches = Mixture(blocks, documents(dataset), 4, 1).batches(1, share)
    text = [b for b in batches if b.images is None]
    assert [len(b.tokens) for b in text] == ([text_rows] if text_rows else [])
    assert len(batches) - len(text) == int(pictures)


def test_mixture_reads_new_text_every_step(dataset: Path, blocks: TokenBlocks) -> None:
    mixture = Mixture(blocks, documents(dataset), 4, 1)
    read = [mixture.batches(step, 0.0)[0].tokens[:, 0].tolist() for step in range(3)]
    assert sorted(i for part in read for i in part) == [8 + i for i in range(12)]
