import gzip
import json
import os
from pathlib import Path

import pytest

from stages.prompts.tags import SUBJECTS, Tags, by_text, tags

DATA = Path(os.environ.get("K15_DATA", Path(__file__).parents[4] / "shared" / "data"))
real_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not at {DATA} (set K15_DATA)")


@pytest.mark.parametrize(
    ("question", "discipline"),
    [
        ("What is the area of a triangle with base 4 and altitude 3?", "geometry"),
        ("What is the remainder when 2^10 is divisible by a prime?", "number-theory"),
        ("Two dice are rolled. What is the probability of a sum of 7?", "counting-probability"),
        ("Solve for $x$: $x^2 = 4$.", "algebra"),
        ("If $7k = 21$, what is $k$?", "algebra"),
        (r"Compute $\\int_0^1 x\\,dx$.", "calculus"),
        (r"Find $\\sin 30^\\circ + \\cos 60^\\circ$.", "precalculus"),
        ("Tom had $5, gave a friend $2 and found $3. How many dollars has he?", "arithmetic"),
        ("Write a python function to reverse a list.", "programming"),
        ("A ball with an initial velocity of 3 m/s has which acceleration?", "physics"),
        ("一个三角形的面积是多少？", "geometry"),
        ("小明有 3 个苹果，又买了 4 个，一共多少个？", "arithmetic"),
        ("Who wrote it?", "general"),
    ],
)
def test_by_text(question: str, discipline: str) -> None:
    assert by_text(question.replace("\\\\", "\\")) == discipline


def test_what_the_source_says_comes_first() -> None:
    assert tags("Roll two dice.", subject="Intermediate Algebra") == Tags("math", "algebra")
    assert tags("Roll two dice.", subject="Physics") == Tags("knowledge", "physics")
    assert tags("Roll two dice.", subject="my own") == Tags("math", "my own")
    assert tags("Roll two dice.", domain="games").domain == "games"
    assert tags("Write a python program.") == Tags("code", "programming")


@real_data
def test_the_rules_agree_with_published_subjects() -> None:
    with gzip.open(DATA / "math_test_other/test_subset.jsonl.gz", "rt", encoding="utf-8") as lines:
        problems = [json.loads(line) for line in lines]
    right = [SUBJECTS[row["type"].casefold()] == by_text(row["problem"]) for row in problems]
    assert sum(right) / len(right) > 0.62
    with gzip.open(DATA / "gsm8k/train.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [by_text(json.loads(line)["question"]) for line in lines]
    assert found.count("arithmetic") / len(found) > 0.85
