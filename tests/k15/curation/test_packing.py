"""Best-fit packing: whole documents, full blocks, and nothing lost."""

import itertools

import numpy as np
import pytest

from k15.artifacts.schemas import DATASETS
from k15.curation import packing
from k15.tokenizer import PAD


def docs(*lengths: int) -> list[np.ndarray]:
    """Tokens that all differ, none of them padding."""
    ends = np.cumsum(lengths)
    return [np.arange(end - length, end, dtype=np.int32) + 10 for length, end in zip(lengths, ends, strict=True)]


def packed(
    documents: list[np.ndarray], block_length: int, occupancy: float = packing.OCCUPANCY
) -> tuple[packing.Plan, list[dict]]:
    plan = packing.plan([len(document) for document in documents], block_length, occupancy)
    tables = packing.tables(plan, *packing.flat(documents), "pretrain", "code", "train")
    return plan, [row for table in tables for row in table.to_pylist()]


def pieces(row: dict) -> list[list[int]]:
    ends = np.cumsum(row["lengths"])
    return [row["tokens"][end - length : end] for length, end in zip(row["lengths"], ends, strict=True)]


def realistic(count: int, seed: int = 0) -> np.ndarray:
    """Lengths as web pages have them: log-normal, half of them below 600 tokens, a few of many thousands."""
    return np.maximum(np.random.default_rng(seed).lognormal(6.4, 1.1, count), 8).astype(np.int64)


def test_by_hand():
    # 5 takes a block of its own room of 1; 4 opens another, which 2 fills; 3 opens the third, which takes 1.
    plan, rows = packed(docs(3, 4, 2, 5, 1), 6)
    assert [row["lengths"] for row in rows] == [[3], [4, 2], [5, 1]]
    assert [len(set(row["tokens"]) - {PAD}) for row in rows] == [3, 6, 6]
    assert rows[0]["tokens"] == [10, 11, 12, PAD, PAD, PAD]
    assert (plan.tokens, plan.occupancy, plan.cut) == (15, 15 / 18, 0)


def test_the_best_fit_is_taken():
    # 7 leaves 3, 6 leaves 4: the 3 goes where it fits exactly, though both have room.
    _, rows = packed(docs(6, 7, 3), 10)
    assert [row["lengths"] for row in rows] == [[6], [7, 3]]


def test_long_documents_are_full_blocks_in_order_and_a_rest():
    documents = docs(4, 23, 2, 10)
    plan, rows = packed(documents, 10)
    assert [row["lengths"] for row in rows] == [[4, 3, 2], [10], [10], [10]]
    assert plan.cut == 1
    assert np.concatenate([rows[1]["tokens"], rows[2]["tokens"], pieces(rows[0])[1]]).tolist() == documents[1].tolist()


@pytest.mark.parametrize("window", [1, 3, 1024])
def test_every_token_comes_once_and_short_documents_stay_whole(monkeypatch: pytest.MonkeyPatch, window: int):
    monkeypatch.setattr(packing, "WINDOW_BLOCKS", window)
    monkeypatch.setattr(packing, "_GATHERED", 100)
    documents = docs(*np.random.default_rng(1).integers(1, 70, 500).tolist())
    plan, rows = packed(documents, 32, occupancy=0.5)
    found = [piece for row in rows for piece in pieces(row)]
    assert sorted(itertools.chain.from_iterable(found)) == np.concatenate(documents).tolist()
    assert {tuple(d.tolist()) for d in documents if len(d) <= 32} <= {tuple(piece) for piece in found}
    assert plan.cut == sum(len(d) > 32 for d in documents)
    for row in rows:
        filled = sum(row["lengths"])
        assert len(row["tokens"]) == 32 and min(row["lengths"]) > 0
        assert row["tokens"][filled:] == [PAD] * (32 - filled)


@pytest.mark.parametrize("block_length", [2048, 8192, 32768])
def test_blocks_of_real_shapes_are_full(block_length: int):
    plan = packing.plan(realistic(60_000), block_length)
    assert plan.occupancy >= 0.995
    assert plan.cut == (realistic(60_000) > block_length).sum()


@pytest.mark.parametrize(("low", "high"), [(60, 70), (1, 100), (34, 35)])
def test_documents_of_awkward_shapes_are_cut_for_full_blocks(low: int, high: int):
    documents = docs(*np.random.default_rng(4).integers(low, high, 3000).tolist())
    whole, _ = packed(documents, 100, occupancy=0.5)
    plan, rows = packed(documents, 100)
    assert whole.cut == 0 and plan.blocks <= whole.blocks
    assert plan.occupancy >= 0.995
    # A block that is given up fills at least one gap: chopping would cut one document per block.
    assert plan.cut <= whole.blocks - plan.blocks + plan.blocks * 0.75
    found = [piece for row in rows for piece in pieces(row)]
    assert sorted(itertools.chain.from_iterable(found)) == np.concatenate(documents).tolist()
    assert max(sum(row["lengths"]) for row in rows) <= 100


def test_a_cut_document_is_cut_at_a_gap():
    # Three fours leave two of six each; one of them is given up and fills both.
    _, rows = packed(docs(4, 4, 4), 6)
    assert [row["lengths"] for row in rows] == [[2, 4], [2, 4]]
    assert sorted(token for row in rows for token in row["tokens"]) == list(range(10, 22))


def test_no_two_blocks_of_a_window_could_be_one():
    # What best fit means at the least: two blocks that were left open do not fit together.
    plan = packing.plan(np.random.default_rng(2).integers(1, 100, 300), 128, occupancy=0.5)
    filled = np.add.reduceat(plan.lengths, plan.firsts[:-1])
    assert np.sort(filled)[:2].sum() > 128


def test_blocks_follow_their_first_documents():
    plan = packing.plan(np.random.default_rng(3).integers(1, 40, 400), 32)
    first = plan.documents[plan.firsts[:-1]]
    assert (np.diff(first) >= 0).all()


def test_nothing_to_pack():
    plan, rows = packed([], 8)
    assert (plan.blocks, plan.tokens, rows) == (0, 0, [])
    assert packing.plan([0, 3, 0], 4).documents.tolist() == [1]


def test_tables_have_the_columns_of_the_artifact():
    documents = docs(3, 9)
    plan = packing.plan([3, 9], 5)
    for table in packing.tables(plan, *packing.flat(documents), "pretrain", "math", "validation"):
        assert table.schema == DATASETS["tokens"].columns
        assert set(table["domain"].to_pylist()) == {"math"} and set(table["split"].to_pylist()) == {"validation"}
