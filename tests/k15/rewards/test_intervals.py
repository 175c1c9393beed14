import pytest

from k15.rewards.intervals import interval, is_relation, pieces


@pytest.mark.parametrize(
    ("text", "variable", "found"),
    [
        (r"1 \le x < 2", "x", "[1,2)"),
        ("0 < f(x) < 1", "f(x)", "(0,1)"),
        ("x < 3", "x", r"(-\infty,3)"),
        (r"3 \ge t", "t", r"(-\infty,3]"),
        (r"x \ge \frac{1}{2}", "x", r"[\frac{1}{2},\infty)"),
        ("-1 < x", "x", r"(-1,\infty)"),
        (r"x \in [1,2)", "x", "[1,2)"),
        ("[1,2)", "", "[1,2)"),
        ("x^2 < 4", "", "x^2 < 4"),
        ("2x < 4", "", "2x < 4"),
        ("x < y", "", "x < y"),
    ],
)
def test_solved_inequalities_are_intervals(text: str, variable: str, found: str) -> None:
    assert interval(text) == (variable, found)


def test_pieces() -> None:
    assert pieces(r"(0,1) \cup (2,3)") == ["(0,1)", "(2,3)"]
    assert pieces("x < 1, x > 2") == [r"(-\infty,1)", r"(2,\infty)"]
    assert pieces("x < 1, y > 2") == ["x < 1, y > 2"]


def test_relations() -> None:
    assert is_relation(r"x \le 2") and is_relation("x < 2")
    assert not is_relation(r"x \left 2") and not is_relation("x = 2")
