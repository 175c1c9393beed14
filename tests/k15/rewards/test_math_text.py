import pytest

from k15.rewards.math_text import enclosed, listed, nesting, normalise, split_top, words


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        (r"$\dfrac{1}{2}$", r"\frac{1}{2}"),
        (r"\left( 1, 2 \right]", "( 1, 2 ]"),
        ("１２％", "12%"),
        (r"1{,}000\!", "1,000"),
        ("x² + x₁", "x^{2} + x_{1}"),
        ("1½", r"1\frac{1}{2}"),
        ("答案是 42。", "42"),
        ("The answer is 42.", "42"),
        (r"1 \text{ and } 2", "1, 2"),
        ("1或2", "1,2"),
        ("x >= 2", r"x \ge 2"),
        (r"1 - \frac{1}{\mathrm{e}}", r"1 - \frac{1}{ e }"),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}"),
    ],
)
def test_one_spelling(text: str, spelling: str) -> None:
    assert normalise(text) == spelling


@pytest.mark.parametrize("text", ["7\x003", "7\u200b3", "\u202e21", "\ud800", "", " . "])
def test_what_a_reader_cannot_see_is_unreadable(text: str) -> None:
    assert normalise(text) is None


def test_look_alikes_stay_different() -> None:
    assert normalise("а") != normalise("a")  # the first one is Cyrillic


def test_words() -> None:
    assert words(r"\text{No solution.}") == words("no solution") == words("无解") == "no solution"
    assert words("Evelyn") == "evelyn"
    assert words("xyz") is None
    assert words("sqrt") is None
    assert words(r"\text{seven} 7") is None


def test_lists() -> None:
    assert split_top("(1,2),[3,4)") == ["(1,2)", "[3,4)"]
    assert listed("1,000, 2", thousands=True) == ["1000", "2"]
    assert listed("1,000", thousands=False) == ["1", "000"]
    assert listed(r"1 \pm \sqrt{2}", thousands=True) == [r"1 + \sqrt{2}", r"1 - \sqrt{2}"]


def test_brackets() -> None:
    assert enclosed("(1,2]") == ("(", "1,2", "]")
    assert enclosed(r"\{1,2\}") == (r"\{", "1,2", r"\}")
    assert enclosed("(1)+(2)") is None
    assert nesting("((1))") == 2
    assert nesting("(1") is None
    assert nesting(")1(") is None
