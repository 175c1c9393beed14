import pytest

from k15.rewards import length_rewards


def test_formula_of_the_paper_by_hand() -> None:
    # min 10, max 50: λ = 0.5, 0.25, 0, -0.25, -0.5
    assert length_rewards([10, 20, 30, 40, 50], [True] * 5) == [0.5, 0.25, 0.0, -0.25, -0.5]


def test_wrong_answers_gain_nothing_by_being_short() -> None:
    assert length_rewards([10, 20, 30, 40, 50], [False] * 5) == [0.0, 0.0, 0.0, -0.25, -0.5]
    assert length_rewards([10, 10, 30], [True, False, True]) == [0.5, 0.0, -0.5]


def test_equal_lengths_give_zero() -> None:
    assert length_rewards([7, 7, 7], [True, False, True]) == [0.0, 0.0, 0.0]
    assert length_rewards([7], [True]) == [0.0]
    assert length_rewards([], []) == []


def test_lengths_and_verdicts_belong_together() -> None:
    with pytest.raises(ValueError, match="2 lengths for 1 verdicts"):
        length_rewards([1, 2], [True])
