import random

import numpy as np
import pytest

from k15.curation.dedup import Clusters, DedupParams, deduplicate, shingles, signatures
from k15.curation.document import Document
from k15.curation.generators import generate

PARAMS = DedupParams(ngram=5, bands=14, rows=8, threshold=0.7)


def documents(*texts, domain="english"):
    return [Document(f"s/{i:04d}", text, domain, "s", "en") for i, text in enumerate(texts)]


def words(count, start=0):
    return [f"w{i}" for i in range(start, start + count)]


def test_exact_duplicates_keep_the_smallest_id():
    kept, rejected = deduplicate(documents("one two", "three", "one two")[::-1], PARAMS)
    assert [document.id for document in kept] == ["s/0000", "s/0001"]
    assert [(r.document.id, r.filter, r.reason) for r in rejected] == [
        ("s/0002", "exact_duplicate", "same text as s/0000")
    ]


def test_a_near_duplicate_has_its_exact_similarity():
    # 40 words have 36 5-grams; another last word changes one: 35 common of 37.
    first = " ".join(words(40))
    second = " ".join([*words(39), "other"])
    kept, rejected = deduplicate(documents(first, second), PARAMS)
    assert [document.id for document in kept] == ["s/0000"]
    assert rejected[0].filter == "near_duplicate"
    assert rejected[0].value == pytest.approx(35 / 37)


def test_the_threshold_is_exact_similarity_not_an_estimate():
    # Common: 30 of 36 + 36 - 30 = 42 5-grams, 0.714.
    first, second = " ".join(words(40)), " ".join([*words(34), *words(6, start=100)])
    assert len(deduplicate(documents(first, second), PARAMS)[0]) == 1
    stricter = PARAMS.model_copy(update={"threshold": 0.72})
    assert len(deduplicate(documents(first, second), stricter)[0]) == 2


def test_operators_count_in_code_but_not_in_prose():
    first, second = "x = a + b; y = c + d; z = e + f", "x = a - b; y = c - d; z = e - f"
    assert len(deduplicate(documents(first, second, domain="code"), PARAMS)[0]) == 2
    assert len(deduplicate(documents(first, second), PARAMS)[0]) == 1


def test_short_documents_are_one_shingle():
    grams, starts = shingles(documents("a b", "A, b!", "a b c"), 5)
    assert starts.tolist() == [0, 1, 2, 3]
    assert grams[0] == grams[1] != grams[2]


def test_signatures_agree_as_often_as_the_sets_overlap():
    # 96 n-grams each, 60 in common: Jaccard 60 / 132.
    first, second = " ".join(words(100)), " ".join([*words(64), *words(36, start=200)])
    minhashes = signatures(*shingles(documents(first, second), 5), 4000)
    assert np.mean(minhashes[0] == minhashes[1]) == pytest.approx(60 / 132, abs=0.04)


def test_a_chain_of_near_duplicates_is_one_cluster_with_its_smallest_id():
    chain = [" ".join(words(60, start=shift)) for shift in (0, 4, 8, 12)]
    kept, rejected = deduplicate(documents(*chain)[::-1], PARAMS)
    assert [document.id for document in kept] == ["s/0000"]
    assert all("s/0000" in rejection.reason for rejection in rejected)


def test_clusters_do_not_depend_on_the_order():
    corpus = [document for domain in ("english", "code") for document in generate(domain, 400, 0.3, seed=5)]
    expected_kept, expected_rejected = deduplicate(corpus, PARAMS)
    assert len(expected_rejected) > 60
    for seed in range(3):
        shuffled = random.Random(seed).sample(corpus, len(corpus))
        assert deduplicate(shuffled, PARAMS) == (expected_kept, expected_rejected)


def test_union_find_roots_are_the_smallest_members():
    edges = [(4, 3), (1, 2), (3, 1), (6, 5)]
    for order in (edges, edges[::-1]):
        clusters = Clusters(7)
        for edge in order:
            clusters.union(*edge)
        assert [clusters.find(item) for item in range(7)] == [0, 1, 1, 1, 1, 5, 5]


def test_nothing_to_deduplicate():
    assert deduplicate([], PARAMS) == ([], [])
