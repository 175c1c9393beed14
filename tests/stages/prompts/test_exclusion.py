"""Which forms are left out, on single questions and on the published sets."""

import csv
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from stages.prompts.exclusion import form

DATA = Path(os.environ.get("K15_DATA", Path(__file__).parents[4] / "shared" / "data"))
real_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not at {DATA} (set K15_DATA)")


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("Which is prime? (A) 4 (B) 5 (C) 6", "B", "multiple-choice"),
        ("Pick one.\nA. red\nB. blue", "B", "multiple-choice"),
        ("Pick one. A) red B) blue C) green", "B", "multiple-choice"),
        (r"The largest is $\text{(A)}\ 1\qquad\text{(B)}\ 2$", "2", "multiple-choice"),
        ("Then: (a) f rises; (b) f falls.", "(a)", "multiple-choice"),
        ("下列哪个是质数？", "5", "multiple-choice"),
        ("以下说法正确的是：", "甲", "multiple-choice"),
        ("最大的是 A．4 B．5 C．6", "C", "multiple-choice"),
        ("Is 7 prime?", "Yes", "true-false"),
        ("Is 7 prime?", r"\text{Yes}", "true-false"),
        ("True or false: 4 is odd.", "0", "true-false"),
        ("Decide whether it is true or false that 4 is odd.", "0", "true-false"),
        ("判断对错：4 是奇数。", "0", "true-false"),
        ("Prove that 2 + 2 = 4.", "4", "proof"),
        ("Let n > 1. Show that n² ≥ n.", "", "proof"),
        ("Give a short proof of Pythagoras' theorem.", "", "proof"),
        ("求证：勾股定理。", "", "proof"),
        ("请证明根号二是无理数。", "", "proof"),
        ("What is 5 + 7?", "  ", "no-answer"),
        ("What is 5 + 7?", "12", None),
        ("f(A)=3. What improves f(B)?", "12", None),
        ("Find (1 + a)(1 + b)(1 + c).", "8", None),
        ("A quiz has 7 true/false questions. How many ways are there to answer it?", "128", None),
        ("Their results show that the colony doubled. How many are there?", "12", None),
        ("It takes 2 hours to proof the dough. When is it done?", "9", None),
        ("计算下列各式的和：1+2，3+4。", "10", None),
        ("办一张身份证明要 5 元，3 张多少元？", "15", None),
    ],
)
def test_forms(question: str, answer: str, reason: str | None) -> None:
    assert form(question, answer, "math") == reason


def test_a_letter_to_choose_is_a_choice() -> None:
    assert form("Name the letter.", "B", "choice") == "multiple-choice"
    assert form("Write a function.", "", "code_function") is None


def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@real_data
@pytest.mark.parametrize("layout", ["({}) {}", "{}. {}", "{}) {}", "{}：{}", "{}．{}"])
@pytest.mark.parametrize("between", ["\n", " "])
def test_every_mmlu_question_is_a_choice(layout: str, between: str) -> None:
    count = 0
    for file in sorted((DATA / "mmlu").rglob("*.csv")):
        with file.open(newline="", encoding="utf-8") as lines:
            for question, *options, answer in csv.reader(lines):
                text = between.join([question, *(layout.format(*pair) for pair in zip("ABCD", options, strict=True))])
                assert form(text, answer, "choice") == form(text, answer, "string") == "multiple-choice", text
                count += 1
    assert count > 7000


@real_data
def test_hardly_any_question_with_a_short_answer_is_left_out() -> None:
    short = [(row["question"], row["answer"].rpartition("#")[2]) for row in rows("gsm8k/train.jsonl.gz")]
    assert not [question for question, answer in short if form(question, answer, "math")]
    chinese = [json.loads(line) for line in (DATA / "mgsm_zh/mgsm_zh_subset.jsonl").open(encoding="utf-8")]
    assert not [row for row in chinese if form(row["messages"][0]["content"], row["answer"], "math")]
    problems = [row["problem"] for row in rows("math_test_other/test_subset.jsonl.gz")]
    found = {question for question in problems if form(question, "1", "math")}
    # Read by eye: all but one list their choices, and that one names four points to choose from.
    assert 8 <= len(found) <= 15
    assert all(form(question, "1", "math") == "multiple-choice" for question in found)


@real_data
def test_theoremqa_answers_of_yes_and_no_are_left_out() -> None:
    problems = json.loads((DATA / "theoremqa/theoremqa_test_subset.json").read_text(encoding="utf-8"))
    found = {row["id"]: form(row["Question"], str(row["Answer"]), "math") for row in problems}
    assert all(found[row["id"]] for row in problems if row["Answer_type"] in ("bool", "option"))
    assert sum(bool(found[row["id"]]) for row in problems if row["Answer_type"] in ("integer", "float")) <= 1
