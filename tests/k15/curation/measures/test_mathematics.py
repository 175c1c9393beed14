import pytest

from k15.curation.document import Document
from k15.curation.measures import measure


def of(text):
    return measure(Document("source/1", text, "math", "source", "en"))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("quantities", "3 and four x+1", 4),  # 3, four, +, 1
        ("formula_share", "$x+y$ 12345", 5 / 11),
        ("formula_share", r"\[a\] \begin{align*}b\end{align*}", 1 - 1 / 33),
        ("latex_commands", r"\frac 12 is half", 0.25),
        ("numbers", "In 1984 he had 3 of 20", 2 / 7),  # 1984 is a year
        ("operations", "3 + 4 = 7 apples", 0.5),
        ("math_words", "The sum of the triangle", 0.4),
        ("math_words", "求面积", 4 / 3),  # 求 and 面积, each worth two words
    ],
)
def test_values(name, text, value):
    assert of(text)[name] == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "mathematics"),
    [
        (r"Let $x$ be a real number with $x^2 = 2$. Prove that $x$ is irrational.", True),
        ("Natalia sold 48 clips in April and half as many in May. 48 / 2 = 24, so the total is 48 + 24 = 72.", True),
        ("Alice was beginning to get very tired of sitting by her sister on the bank.", False),
        ("He was born in 1809, moved to the city in 1831 and died in 1865 at the age of 56.", False),
        ("The plane took off in a straight line over the area and rose to its limit.", False),
    ],
)
def test_what_is_mathematics(text, mathematics):
    assert (of(text)["mathematics"] > 0.65) == mathematics
    assert 0 <= of(text)["mathematics"] <= 1
