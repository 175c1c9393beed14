import pytest

from k15.rewards.extraction import (
    TAIL,
    extract_choice,
    extract_count,
    extract_math,
    extract_string,
    hedges,
    last_boxed,
    visible,
)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (r"\boxed{7}", "7"),
        (r"first \boxed{3}, then \boxed{4}.", "4"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\boxed{5}}", "5"),
        (r"\boxed { 5 }", "5"),
        (r"\\boxed{5}", "5"),
        (r"\boxed{a \boxed{5}}", "5"),
        (r"{ \boxed{5} } }", "5"),
        (r"\boxed{\left\{1, 2\right.}", r"\left\{1, 2\right."),
        (r"\boxed{}", ""),
        (r"\boxed{3} and \boxed{4", None),
        (r"\boxed{4\}", None),
        ("7", None),
    ],
)
def test_the_last_box_counts(text: str, content: str | None) -> None:
    assert last_boxed(text) == content


def test_hostile_nesting_is_read_without_recursion() -> None:
    depth = 200_000
    assert last_boxed("\\boxed{" + "{" * depth + "}" * depth + "}") == "{" * depth + "}" * depth


def test_a_thought_is_no_answer() -> None:
    assert visible(r"<think>\boxed{1}</think>\boxed{2}") == r"\boxed{2}"
    assert extract_math(r"<think>\boxed{1}", "rl") is None
    assert extract_math(r"<think>\boxed{1}</think> so it is", "rl") is None


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (r"The answer is 12. \boxed{13}", "13"),
        ("We count 3 and 4. The answer is 64 dollars.", "64"),
        ("3 + 4 = 7\nA: 7", "7"),
        ("12 apples\n#### 1,250", "1,250"),
        (r"The final answer is $\frac{3}{4}$.", r"\frac{3}{4}"),
        ("答案是 42。", "42"),
        ("It takes 2 + 1 = 3 bolts", "3"),
        ("The answer is:\n42", "42"),
        ("The answer is **42**.", "42"),
        ("The answer is 45%.", "45%"),
        ("答案为：一百二十三。", "一百二十三"),
        ("Natalia sold 48/2=<<48/2=24>>24 clips in May.\n#### 24", "24"),
        ("The closest answer is 7. The answer is 8.", "8"),
        (r"-\frac{10}{9}", r"-\frac{10}{9}"),
        ("Final Answer: The largest $n$ is 34.", "34"),
        ("The answer is $n$.", "n"),
        (r"Therefore $x \geq 5$ is the solution.", r"x \geq 5"),
        (r"The matrix is \[ \begin{pmatrix}1\\2\end{pmatrix} \].", r"\begin{pmatrix}1\\2\end{pmatrix}"),
        ("He has $5 and she has $3", "3"),
        ("no idea", None),
    ],
)
def test_evaluation_reads_more_than_the_box(response: str, answer: str | None) -> None:
    assert extract_math(response, "eval") == answer
    if "boxed" not in response:
        assert extract_math(response, "rl") is None


@pytest.mark.parametrize(
    "hostile",
    [
        "answer is 1 " + "$" * 200_000,
        "\n" * 200_000,
        "answer is" + " " * 200_000,
        "answer " * 50_000,
        "1 " * 100_000,
    ],
)
def test_hostile_text_is_read_in_linear_time(hostile: str) -> None:
    found = extract_math(hostile, "eval")  # quadratic scanning would take minutes
    assert found == ("1" if "1" in hostile else None)


def test_a_last_box_that_never_ends_holds_no_answer() -> None:
    for mode in ("rl", "eval"):
        assert extract_math(r"\boxed{1}, no, the answer is 12: \boxed{12", mode) is None
        assert extract_choice(r"The answer is \boxed{A", mode) is None


@pytest.mark.parametrize(
    ("response", "hedging"),
    [
        (r"\boxed{1}", False),
        (r"\boxed{1} \boxed{2}", True),
        (r"\boxed{1} \boxed{ 1 }", False),
        (r"\boxed{\boxed{1}}", False),
        (r"\boxed{2 \boxed{1}}", True),
        (r"<think>\boxed{2}</think>\boxed{1}", False),
        (r"\boxed{1} and \boxed{2", False),
        ("none", False),
    ],
)
def test_hedging(response: str, hedging: bool) -> None:
    assert hedges(response) == hedging


def test_evaluation_joins_boxes_that_belong_together() -> None:
    assert extract_math(r"$\boxed{1}$ and $\boxed{2}$", "eval") == "1, 2"
    assert extract_math(r"\boxed{(2, 2)} \quad \text{and} \quad \boxed{(6, 2)}", "eval") == "(2, 2), (6, 2)"
    assert extract_math(r"\boxed{1}, \boxed{1}", "eval") == "1"
    assert extract_math(r"\boxed{1}, hence \boxed{2}", "eval") == "2"
    assert extract_math(r"\boxed{1} and \boxed{2}", "rl") == "2"


def test_only_the_end_of_an_endless_answer_is_read() -> None:
    assert extract_math(r"\boxed{1}" + " " * TAIL, "rl") is None
    assert extract_math("<think>" + "x" * TAIL + r"</think>\boxed{1}", "rl") == "1"


def test_choices() -> None:
    assert extract_choice(r"\boxed{\text{(B)}}", "rl") == "B"
    assert extract_choice(r"\boxed{A or B}", "rl") is None
    assert extract_choice("The answer is (C), since A is wrong", "eval") == "C"
    assert extract_choice("A is wrong, so D", "eval") == "D"
    assert extract_choice("B", "rl") is None
    assert extract_choice(r"\boxed{C, A}", "rl") == "AC"
    assert extract_choice("The answer is A and C.", "eval") == "AC"
    assert extract_choice("The answer is AC", "eval") == "AC"
    assert extract_choice("The answer is A, because C is wrong", "eval") == "A"
    assert extract_choice("**Answer: (D)**", "eval") == "D"


def test_counts() -> None:
    assert extract_count(r"\boxed{three}", "rl") == "three"
    assert extract_count("three", "rl") is None
    assert extract_count("There are twenty-three dogs and a cat", "eval") == "twenty-three"
    assert extract_count("We see 3 and 4. The answer is seven dogs.", "eval") == "seven"
    assert extract_count("共有三个", "eval") == "三"


def test_strings() -> None:
    assert extract_string(r"\boxed{\text{Paris}}", "rl") == "Paris"
    assert extract_string("Well.\nParis\n", "eval") == "Paris"
    assert extract_string("Paris", "rl") is None
