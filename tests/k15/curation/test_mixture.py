from collections import Counter

import pytest

from k15.curation.mixture import Mixture, draw, multiplicities, split_of

EVEN = Mixture(english=1, chinese=1, code=1, math=1, knowledge=0)


def test_multiplicities_by_hand():
    # A domain without tokens gives its quarter to the others: 300 tokens, 100 each.
    result = multiplicities(EVEN, {"english": 50, "chinese": 200, "code": 0, "math": 100, "knowledge": 80}, 300)
    assert result == pytest.approx({"english": 2.0, "chinese": 0.5, "math": 1.0, "knowledge": 0.0})


def test_no_share_for_anything_that_is_there():
    assert multiplicities(EVEN, {"knowledge": 80}, 300) == {"knowledge": 0.0}


@pytest.mark.parametrize(("multiplicity", "expected"), [(0.5, {0, 1}), (1.0, {1}), (2.5, {2, 3})])
def test_every_document_is_read_before_any_is_read_again(multiplicity, expected):
    ids = [f"d{i}" for i in range(40)]
    drawn = Counter(draw(ids, [7] * 40, multiplicity, seed=1))
    assert {drawn[i] for i in range(40)} == expected
    assert sum(drawn.values()) == 40 * multiplicity


def test_drawing_follows_ids_not_places():
    ids = [f"d{i}" for i in range(20)]
    first = [ids[i] for i in draw(ids, [3] * 20, 1.5, seed=1)]
    second = [ids[::-1][i] for i in draw(ids[::-1], [3] * 20, 1.5, seed=1)]
    assert first == second
    assert first != [ids[i] for i in draw(ids, [3] * 20, 1.5, seed=2)]
    assert first[:10] != first[20:]


def test_nothing_is_drawn_of_nothing():
    assert draw([], [], 3.0, seed=1) == []
    assert draw(["a"], [3], 0.0, seed=1) == []


def test_the_split_has_its_fraction_and_stays():
    splits = [split_of(f"s/{i}", 0.2, seed=3) for i in range(5000)]
    assert splits.count("validation") / 5000 == pytest.approx(0.2, abs=0.02)
    assert splits == [split_of(f"s/{i}", 0.2, seed=3) for i in range(5000)]
    grown = [split_of(f"s/{i}", 0.3, seed=3) for i in range(5000)]
    assert all(b == "validation" for a, b in zip(splits, grown, strict=True) if a == "validation")
