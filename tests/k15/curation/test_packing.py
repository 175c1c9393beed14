import numpy as np

from k15.curation.packing import pack, table


def docs(*lengths):
    ends = np.cumsum(lengths)
    return [np.arange(end - length, end, dtype=np.int32) for length, end in zip(lengths, ends, strict=True)]


def test_blocks_by_hand():
    tokens, lengths = pack(docs(3, 4, 2, 6), 5)
    assert tokens.tolist() == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11, 12, 13, 14]]
    assert lengths == [[3, 2], [2, 2, 1], [5]]


def test_an_incomplete_block_is_dropped():
    tokens, lengths = pack(docs(3, 4), 5)
    assert tokens.tolist() == [[0, 1, 2, 3, 4]]
    assert lengths == [[3, 2]]
    assert pack(docs(4), 5)[0].shape == (0, 5)
    assert pack([], 5)[0].shape == (0, 5)


def test_round_trip():
    rng = np.random.default_rng(0)
    documents = docs(*rng.integers(1, 40, 200))
    tokens, lengths = pack(documents, 16)
    flat = np.concatenate(documents)
    assert np.array_equal(tokens.reshape(-1), flat[: len(flat) // 16 * 16])
    assert all(sum(pieces) == 16 and min(pieces) > 0 for pieces in lengths)
    # Piece borders are the documents' ends and the blocks' ends, and nothing else.
    borders = set(np.cumsum([piece for pieces in lengths for piece in pieces]).tolist())
    ends = {int(end) for end in np.cumsum([len(d) for d in documents]) if end <= tokens.size}
    assert borders == ends | set(range(16, tokens.size + 1, 16))


def test_rows_of_the_schema():
    rows = table("code", "train", *pack(docs(3, 4, 2, 6), 5)).to_pylist()
    assert rows[1] == {"domain": "code", "split": "train", "tokens": [5, 6, 7, 8, 9], "lengths": [2, 2, 1]}
    assert len(rows) == 3
