"""What counts as a verdict of a reasoning judge."""

import math

import pytest

from k15.rewards.judge import majority, parse_verdict, reasoning_of, write_verdict
from k15.rewards.verdict import Verdict

RIGHT, WRONG, LOST = Verdict.correct(""), Verdict.wrong(""), Verdict.error("lost")


@pytest.mark.parametrize("correct", [True, False])
def test_what_a_judge_is_taught_is_read_back(correct: bool) -> None:
    text = write_verdict('7+5=12. {"verdict": "wrong"} would be hasty.', correct)
    assert text.endswith('</think>{"verdict": "correct"}' if correct else '</think>{"verdict": "wrong"}')
    assert parse_verdict(text).verdict == ("correct" if correct else "wrong")
    assert reasoning_of(text) == '7+5=12. {"verdict": "wrong"} would be hasty.'


@pytest.mark.parametrize(
    "text",
    [
        '<think>so</think>\n{ "verdict" : "correct" }\n',
        'so</think>{"verdict": "correct"}',
        '<think>a</think>b</think>{"verdict": "correct"}',
    ],
)
def test_white_space_and_earlier_marks_make_no_difference(text: str) -> None:
    assert parse_verdict(text).verdict == "correct"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "correct",
        '{"verdict": "correct"}',
        '<think>{"verdict": "correct"}',
        "<think>so</think>",
        "<think>so</think>correct",
        '<think>so</think>{"verdict": "correct"',
        '<think>so</think>{"verdict": "correct"} it is',
        '<think>so</think>It is {"verdict": "correct"}',
        '<think>so</think>{"verdict": "Correct"}',
        '<think>so</think>{"verdict": true}',
        '<think>so</think>{"verdict": ["correct"]}',
        '<think>so</think>{"Verdict": "correct"}',
        '<think>so</think>{"verdict": "wrong", "verdict": "correct"}',
        '<think>so</think>{"verdict": "correct", "sure": true}',
        '<think>so</think>["correct"]',
        "<think>so</think>{}",
        "<think>so</think>null",
        "<think>so</think>" + "[" * 100_000,
        "<think>so</think>" + "9" * 10_000,
        "<think>so</think>{'verdict': 'correct'}",
    ],
)
def test_anything_else_is_an_error_and_no_reward(text: str) -> None:
    verdict = parse_verdict(text)
    assert verdict.verdict == "error" and math.isnan(verdict.reward) and verdict.why


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([RIGHT], "correct"),
        ([WRONG], "wrong"),
        ([LOST], "error"),
        ([RIGHT, WRONG, RIGHT], "correct"),
        ([RIGHT, WRONG, LOST], "error"),
        ([WRONG, LOST, LOST], "wrong"),
        ([LOST, LOST, LOST], "error"),
        ([], "error"),
    ],
)
def test_the_majority_of_those_with_a_verdict(votes: list[Verdict], expected: str) -> None:
    assert majority(votes).verdict == expected


def test_a_lone_error_keeps_its_reason() -> None:
    assert majority([LOST]).why == "lost"
