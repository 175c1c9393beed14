import random
from collections import defaultdict
from dataclasses import replace
from itertools import combinations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from k15.curation.document import Document
from k15.curation.duplicates.find import find
from k15.curation.duplicates.params import DuplicatesParams, EmbeddingParams
from k15.curation.duplicates.signatures import sign
from k15.curation.generators import generate

PARAMS = DuplicatesParams(ngram=5, bands=14, rows=8, threshold=0.7)
ALIKE = PARAMS.model_copy(update={"embeddings": EmbeddingParams(threshold=0.8)})


def documents(*texts, domain="english"):
    return [Document(f"s/{i:04d}", text, domain, "s", "en") for i, text in enumerate(texts)]


def words(count, start=0):
    return [f"w{i}" for i in range(start, start + count)]


@pytest.fixture
def search(tmp_path):
    """Rows of the table of duplicates, by id, of documents cut into so many units."""
    runs = iter(range(100))

    def run(corpus, params=PARAMS, units=1):
        work = tmp_path / str(next(runs))
        work.mkdir()
        parts = [corpus[i::units] for i in range(units)]
        return find([unit(work / f"unit-{i}.parquet", part, params) for i, part in enumerate(parts)], params, work)

    return run


def unit(path, corpus, params):
    digests, bands = sign([one.text for one in corpus], [one.domain for one in corpus], params)
    columns = {name: pa.array([getattr(one, name) for one in corpus], pa.string()) for name in ("id", "text", "domain")}
    sources = pa.array([one.source for one in corpus], pa.string())
    pq.write_table(
        pa.table({**columns, "source": sources, "digest": digests, "bands": bands}), path, row_group_size=100
    )
    return path


def rows(table):
    return [tuple(row.values()) for row in table.to_pylist()]


def test_of_equal_texts_the_smallest_id_is_kept(search):
    found = search(documents("one two", "three", "one two")[::-1])
    assert rows(found) == [("s/0002", "s/0000", "exact", 1.0, False)]


def test_a_near_duplicate_has_its_exact_similarity(search):
    # 40 words have 36 5-grams; another last word changes one: 35 common of 37.
    found = search(documents(" ".join(words(40)), " ".join([*words(39), "other"])))
    assert rows(found) == [("s/0001", "s/0000", "near", pytest.approx(35 / 37), False)]


def test_the_threshold_is_exact_similarity_not_an_estimate(search):
    # Common: 30 of 36 + 36 - 30 = 42 5-grams, 0.714.
    pair = documents(" ".join(words(40)), " ".join([*words(34), *words(6, start=100)]))
    many = PARAMS.model_copy(update={"bands": 40, "rows": 2})
    assert len(search(pair, many)) == 1
    assert len(search(pair, many.model_copy(update={"threshold": 0.72}))) == 0


def test_operators_count_in_code_but_not_in_prose(search):
    pair = "x = a + b; y = c + d; z = e + f", "x = a - b; y = c - d; z = e - f"
    assert len(search(documents(*pair, domain="code"))) == 0
    assert rows(search(documents(*pair)))[0][2:4] == ("near", 1.0)


def test_a_chain_of_near_duplicates_is_one_cluster_with_its_smallest_id(search):
    chain = [" ".join(words(60, start=shift)) for shift in (0, 4, 8, 12)]
    found = search(documents(*chain)[::-1])
    assert [row[:2] for row in rows(found)] == [(f"s/000{i}", "s/0000") for i in (1, 2, 3)]
    # 56 5-grams each, shifted by 12 words: 44 common of 68, below the threshold but in the chain.
    assert found["similarity"][2].as_py() == pytest.approx(44 / 68)


def test_one_text_in_two_domains_and_sources(search):
    one, other, near = documents("a = b + c for d in e", "a = b + c for d in e", "a = b + c for d in e f")
    corpus = [replace(one, domain="code"), replace(other, source="t"), near]
    loose = PARAMS.model_copy(update={"threshold": 0.5})
    assert rows(search(corpus, loose)) == [
        ("s/0001", "s/0000", "exact", 1.0, True),
        ("s/0002", "s/0000", "near", pytest.approx(1 / 8), False),  # 8 symbolic 5-grams and 3 plain ones
    ]


def mixed_corpus():
    rng = random.Random(3)
    vocabulary = words(2000)
    corpus = [document for domain in ("english", "code") for document in generate(domain, 300, 0.3, seed=5)]
    for i in range(90):
        base = rng.choices(vocabulary, k=80)
        for j in range(rng.randrange(1, 6)):
            edited = [rng.choice(vocabulary) if rng.random() < 0.01 else word for word in base]
            corpus.append(Document(f"edited/{i}/{j}", " ".join(edited), "english", f"e{j % 2}", "en"))
    return corpus


@pytest.mark.parametrize("params", [PARAMS, ALIKE], ids=["words", "embeddings"])
def test_clusters_do_not_depend_on_units_or_order(search, params):
    corpus = mixed_corpus()
    expected = search(corpus, params)
    assert set(expected["kind"].to_pylist()) >= {"exact", "near"}
    assert len(expected) > 150
    for units in (1, 2, 7):
        shuffled = random.Random(units).sample(corpus, len(corpus))
        assert search(shuffled, params, units).equals(expected)


def test_clusters_are_those_of_comparing_all_pairs(search):
    corpus = [one for one in mixed_corpus() if one.domain == "english"]
    grams = {}
    for one in corpus:
        found = one.text.lower().split()
        grams[one.id] = {tuple(found[i : i + 5]) for i in range(max(len(found) - 4, 1))}
    sure = [
        {first, second}
        for first, second in combinations(grams, 2)
        if len(grams[first] & grams[second]) >= 0.9 * len(grams[first] | grams[second])
    ]
    clusters = defaultdict(lambda: None) | {row[0]: row[1] for row in rows(search(corpus))}
    together = sum(clusters.get(a, a) == clusters.get(b, b) for a, b in sure)
    assert len(sure) > 100
    assert together / len(sure) > 0.99


def test_many_equal_texts_are_linear_work(search):
    crowd = [Document(f"s/{i:06d}", "the same words over and over again", "english", "s", "en") for i in range(20_000)]
    found = search(crowd, units=3)
    assert len(found) == 19_999
    assert set(found["cluster"].to_pylist()) == {"s/000000"}


def test_texts_of_no_or_few_words(search):
    found = search(documents("", "", "!!!", "???", "one", "One!", "two", "one two"))
    assert [row[:3] for row in rows(found)] == [("s/0001", "s/0000", "exact"), ("s/0005", "s/0004", "near")]


def test_an_empty_corpus_has_no_duplicates(search):
    assert len(search([])) == 0
    assert len(search(documents("alone"))) == 0


def test_embeddings_find_what_was_put_in_another_order(search):
    rng = random.Random(1)
    sentences = [" ".join(rng.choices(words(5000), k=7)) for _ in range(12)]
    others = [" ".join(rng.choices(words(5000), k=84)) for _ in range(50)]
    # Sentences of three parts of seven words: 5-grams across the cuts are new, most words and pairs are not.
    pieces = [part for sentence in sentences for part in (sentence[:12], sentence[12:])]
    corpus = documents(" ".join(sentences), " ".join(rng.sample(pieces, len(pieces))), *others)
    assert len(search(corpus)) == 0
    found = rows(search(corpus, PARAMS.model_copy(update={"embeddings": EmbeddingParams(threshold=0.6)})))
    assert [row[:3] for row in found] == [("s/0001", "s/0000", "embedding")]
    assert 0.6 <= found[0][3] < 1
