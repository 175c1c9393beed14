"""Shares, weights and multiplicities by hand; drawing follows ids and comes to the tokens that are wanted."""

from collections import Counter

import numpy as np
import pytest

from k15.curation.mixture import Mixture, Shares, draw, multiplicities, order_of, split_of
from k15.errors import UserError
from k15.params import parse_params

EVEN = Shares(english=1, chinese=1, code=1, math=1, knowledge=0)
MIXTURE = Mixture(
    pretrain=EVEN,
    cooldown=EVEN,
    long_context=EVEN,
    languages={"json": 0.1},
    long_documents={"tokens": 100, "factor": 3.0},
)


def test_multiplicities_by_hand():
    # A domain without tokens gives its quarter to the others: 300 tokens, 100 each.
    domains = ["english", "chinese", "chinese", "math", "knowledge"]
    result = multiplicities(EVEN, domains, [50, 150, 50, 100, 80], np.ones(5), 300)
    assert result == pytest.approx([2.0, 0.5, 0.5, 1.0, 0.0])


def test_weights_shift_a_domains_tokens_and_not_its_share():
    weights, lengths = [2.0, 1.0, 0.0], np.array([30, 40, 50])
    result = multiplicities(EVEN, ["math"] * 3, lengths, weights, 200)
    assert result == pytest.approx([4.0, 2.0, 0.0])  # 2·30 + 1·40 = 100 weighted tokens for 200
    assert (result * lengths).sum() == pytest.approx(200)


def test_no_share_for_anything_that_is_there():
    assert multiplicities(EVEN, ["knowledge"], [80], [1.0], 300).tolist() == [0.0]
    assert multiplicities(EVEN, ["math"], [80], [0.0], 300).tolist() == [0.0]
    assert multiplicities(EVEN, [], [], [], 300).tolist() == []


def test_weights_by_source_quality_language_and_length():
    told = [2.0, 1.0, 1.0, 1.0], [None, None, "json", "python"], [50, 100, 100, 50], [1.0, 2.0, 1.0, 0.5]
    assert MIXTURE.weights("pretrain", *told).tolist() == [2.0, 2.0, 0.1, 0.75]  # Python's 1.5 is the default
    assert MIXTURE.weights("long_context", *told).tolist() == pytest.approx([2.0, 6.0, 0.3, 0.75])


def orders(ids: list[str], seed: int = 1) -> list[int]:
    return [order_of(name, seed) for name in ids]


@pytest.mark.parametrize(("multiplicity", "expected"), [(0.5, {0, 1}), (1.0, {1}), (2.5, {2, 3})])
def test_every_document_is_read_before_any_is_read_again(multiplicity: float, expected: set[int]):
    ids = [f"d{i}" for i in range(40)]
    order = draw(orders(ids), [7] * 40, [multiplicity] * 40).tolist()
    drawn = Counter(order)
    assert {drawn[i] for i in range(40)} == expected
    assert len(order) == 40 * multiplicity
    for start in range(0, len(order) - 39, 40):
        assert len(set(order[start : start + 40])) == 40


def test_documents_are_read_as_often_as_their_multiplicities_say():
    rng = np.random.default_rng(1)
    lengths, wanted = rng.integers(5, 60, 3000), rng.choice([0.0, 0.3, 1.0, 2.6], 3000)
    counts = np.bincount(draw(orders([f"d{i}" for i in range(3000)]), lengths, wanted), minlength=3000)
    for multiplicity in (0.0, 0.3, 1.0, 2.6):
        own = counts[wanted == multiplicity]
        assert own.mean() == pytest.approx(multiplicity, abs=0.06)
        assert abs(own - multiplicity).max() <= 1
    assert not counts[wanted == 0].any()
    assert (counts * lengths).sum() == pytest.approx((wanted * lengths).sum(), abs=30)


def test_drawing_follows_ids_not_places():
    ids, times = [f"d{i}" for i in range(20)], [1.5] * 15 + [0.4] * 5
    first = [ids[i] for i in draw(orders(ids), [3] * 20, times)]
    second = [ids[::-1][i] for i in draw(orders(ids[::-1]), [3] * 20, times[::-1])]
    assert first == second
    assert first != [ids[i] for i in draw(orders(ids, seed=2), [3] * 20, times)]
    assert first[:10] != first[20:]


def test_nothing_is_drawn_of_nothing():
    assert draw([], [], []).tolist() == []
    assert draw(orders(["a"]), [3], [0.0]).tolist() == []


def test_a_mixture_of_nothing_is_refused():
    nothing = dict.fromkeys(EVEN.model_dump(), 0.0)
    with pytest.raises(UserError, match=r"mixture.cooldown: every domain has share 0"):
        parse_params(Mixture, "mixture", {**MIXTURE.model_dump(), "cooldown": nothing})
    with pytest.raises(UserError, match=r"mixture.languages: .*'klingon'"):
        parse_params(Mixture, "mixture", {**MIXTURE.model_dump(), "languages": {"klingon": 1.0}})


def test_the_split_has_its_fraction_and_stays():
    splits = [split_of(f"s/{i}", 0.2, seed=3) for i in range(5000)]
    assert splits.count("validation") / 5000 == pytest.approx(0.2, abs=0.02)
    assert splits == [split_of(f"s/{i}", 0.2, seed=3) for i in range(5000)]
    grown = [split_of(f"s/{i}", 0.3, seed=3) for i in range(5000)]
    assert all(b == "validation" for a, b in zip(splits, grown, strict=True) if a == "validation")
