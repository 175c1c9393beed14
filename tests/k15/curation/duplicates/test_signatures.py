import numpy as np
import pytest

from k15.curation.duplicates.params import DuplicatesParams
from k15.curation.duplicates.signatures import minhashes, sign
from k15.curation.duplicates.words import Spelling, grams, words
from k15.curation.measures import WORD

PARAMS = DuplicatesParams(ngram=5, bands=14, rows=8, threshold=0.7)
TEXTS = [
    "It's a test’s ''end' of x_y, 2x 3.5e7.",
    "中文it's中 mixed 文字，标点。\U00020000",
    "İSTANBUL ΣΑΣ ½ ﬁ naïve e\u0301",
    "",
    "!?",
    "don’t o'clock' '90s rock'n'roll it'中",
]


def spelt(text):
    return [word.replace("’", "'") for word in WORD.findall(text.lower())]


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_of_the_measures(text):
    hashes, starts = words([text], [Spelling.PROSE])
    assert starts.tolist() == [0, len(spelt(text))]
    assert len(set(hashes.tolist())) == len(set(spelt(text)))


def test_equal_words_have_equal_hashes_in_every_text_and_batch():
    together, starts = words(TEXTS, [Spelling.PROSE] * len(TEXTS))
    for i, text in enumerate(TEXTS):
        assert together[starts[i] : starts[i + 1]].tolist() == words([text], [Spelling.PROSE])[0].tolist()
    assert words(["a b a"], [Spelling.PROSE])[0].tolist() == words(["A. B, a!"], [Spelling.PROSE])[0].tolist()


def test_signs_are_words_in_code_alone_and_digits_stand_apart_in_items():
    counts = [len(words(["x2 = a+b"], [spelling])[0]) for spelling in Spelling]
    assert counts == [3, 5, 4]


def test_short_texts_are_one_gram_and_empty_ones_none():
    hashes, _ = words(["a b c d e f"], [Spelling.PROSE])
    assert [len(grams(hashes[:n], 5)) for n in (0, 1, 5, 6)] == [0, 1, 1, 2]


def test_grams_know_the_order_of_their_words():
    first, second = (grams(words([text], [Spelling.PROSE])[0], 3) for text in ("a b c", "c b a"))
    assert first[0] != second[0]


def test_minhashes_agree_as_often_as_the_sets_overlap():
    # 96 n-grams each, 60 in common: Jaccard 60 / 132.
    first = " ".join(f"w{i}" for i in range(100))
    second = " ".join(f"w{i}" for i in [*range(64), *range(200, 236)])
    values = minhashes([first, second], ["english"] * 2, 5, 4000)
    assert np.mean(values[0] == values[1]) == pytest.approx(60 / 132, abs=0.04)


def test_columns_of_a_unit():
    digests, bands = sign(["one two", "", "one  two", "?"], ["english"] * 4, PARAMS)
    assert digests.type.byte_width == 16
    assert len(set(digests.to_pylist())) == 4
    assert [len(keys) for keys in bands.to_pylist()] == [14, 0, 14, 0]
    assert bands[0] == bands[2]
    assert len(set(bands[0].as_py())) == 14


def test_signatures_do_not_change_between_versions():
    """Units that were signed before an update must fit those signed after it."""
    digests, bands = sign(["The quick brown fox jumps over the lazy dog."], ["english"], PARAMS)
    assert digests[0].as_py().hex() == "e21b9ba9a54571d92988718c8629e81b"
    assert bands[0].as_py()[:2] == [12122503760214241083, 442943591907199064]
