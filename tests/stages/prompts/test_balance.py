from collections import Counter

from stages.prompts.balance import surplus


def alone(disciplines: list[str]) -> list[tuple[str, str]]:
    return [(discipline, "hard") for discipline in disciplines]


def test_a_discipline_is_capped() -> None:
    disciplines = ["a"] * 80 + ["b"] * 15 + ["c"] * 5
    dropped = surplus(alone(disciplines), (0.5, 1.0), seed=3)
    # The largest cap c with c ≤ 0.5 · (c + 15 + 5) is 20.
    assert len(dropped) == 60
    assert all(disciplines[index] == "a" for index in dropped)
    assert dropped == surplus(alone(disciplines), (0.5, 1.0), seed=3)
    assert dropped != surplus(alone(disciplines), (0.5, 1.0), seed=4)


def test_it_ends_at_equal_disciplines() -> None:
    assert surplus(alone(["a"] * 7), (0.1, 1.0), seed=0) == set()
    assert len(surplus(alone(["a"] * 7 + ["b"] * 3), (0.1, 1.0), seed=0)) == 4
    assert surplus([], (0.5, 0.5), seed=0) == set()


def test_a_capped_discipline_keeps_its_rarer_labels() -> None:
    cells = [("a", "easy")] * 60 + [("a", "hard")] * 8 + [("b", "easy")] * 10
    dropped = surplus(cells, (0.5, 1.0), seed=1)
    left = Counter(cell for index, cell in enumerate(cells) if index not in dropped)
    # 10 of each discipline: of a's, as many easy ones as hard ones.
    assert left == {("a", "easy"): 5, ("a", "hard"): 5, ("b", "easy"): 10}


def test_labels_are_capped_too() -> None:
    cells = [("a", "easy")] * 30 + [("b", "easy")] * 10 + [("a", "hard")] * 6 + [("b", "hard")] * 6
    dropped = surplus(cells, (1.0, 0.5), seed=1)
    left = Counter(cell for index, cell in enumerate(cells) if index not in dropped)
    # 12 hard ones are as many easy ones; both disciplines keep six of them.
    assert left == {("a", "easy"): 6, ("b", "easy"): 6, ("a", "hard"): 6, ("b", "hard"): 6}


def test_both_shares_hold_in_the_end() -> None:
    cells = [("a", "easy")] * 50 + [("b", "hard")] * 20 + [("c", "medium")] * 20 + [("a", "hard")] * 30
    dropped = surplus(cells, (0.5, 0.5), seed=1)
    left = [cell for index, cell in enumerate(cells) if index not in dropped]
    for axis in (0, 1):
        assert max(Counter(cell[axis] for cell in left).values()) <= 0.5 * len(left)
