import gzip
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from k15.errors import UserError
from k15.rewards import VERIFIERS, Verdict, score, score_batch
from k15.rewards.answers import Case
from k15.rewards.extraction import Mode, extract_string
from k15.rewards.math_pool import MathPool
from k15.rewards.verifiers import extract_then_compare

DATA = Path(os.environ.get("K15_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))


CASES = [json.loads(line) for line in Path(__file__).with_name("math_cases.jsonl").read_text().splitlines()]


def judge(verifier: str, reference: object, answer: str, **fields: Any) -> Verdict:
    return score({"verifier": verifier, "answer": reference, **fields}, f"\\boxed{{{answer}}}")


def verdict(reference: object, answer: str, verifier: str = "math", **fields: Any) -> str:
    return judge(verifier, reference, answer, **fields).verdict


def test_math_cases() -> None:
    records = [{"verifier": "math", "answer": case["reference"]} for case in CASES]
    verdicts = score_batch(records, [f"\\boxed{{{case['answer']}}}" for case in CASES])
    expected = ["correct" if case["equal"] else "wrong" for case in CASES]
    differing = [
        (case, found) for case, found, due in zip(CASES, verdicts, expected, strict=True) if found.verdict != due
    ]
    assert differing == []
    assert len(CASES) >= 150


@pytest.mark.parametrize(
    "answer",
    [
        "",
        " ",
        r"\text{}",
        "7" * 5000,
        "7" + " " * 5000 + "7",
        "(" * 900,
        "{" * 450 + "7" + "}" * 450,
        "(" * 450 + "7" + ")" * 450,
        r"\sqrt{" * 140 + "7" + "}" * 140,
        r"\frac{1}{" * 91 + "7" + "}" * 91,
        "7" + "+0" * 490 + "+1",
        "7\x007",
        r"\\" * 400,
        "\ud800",
        r"\begin{pmatrix}" * 60,
    ],
)
def test_hostile_answers_are_never_correct(answer: str) -> None:
    assert judge("math", "7", answer).verdict != "correct"


def test_what_takes_for_ever_is_an_error_and_never_wrong() -> None:
    hostile = ["9^{9^{9^9}}", r"\sum_{n=1}^{10^{12}} \sin(n^2)", "10^{10^{10}}!"]
    pool = MathPool(workers=2, cpu_seconds=0.5)
    verdicts = pool.compare([("7", answer) for answer in hostile])
    pool.close()
    assert [item.verdict for item in verdicts] == ["error"] * 3
    assert all("no verdict within" in item.why for item in verdicts)


def test_ten_megabytes_are_judged_at_once() -> None:
    size = 10_000_000
    responses = [
        f"\\boxed{{{'7' * size}}}",
        "\\boxed{" * (size // 7) + "7",
        "\\boxed{7}" * (size // 9),
        "7" * size,
        "{" * size + "\\boxed{8}",
    ]
    for mode in ("rl", "eval"):
        verdicts = score_batch([{"verifier": "math", "answer": "7"}] * len(responses), responses, mode=mode)
        assert [item.verdict for item in verdicts] == ["wrong", "wrong", "correct", "wrong", "wrong"]


def test_boxes_that_differ_are_no_commitment() -> None:
    hedged = r"\boxed{7}, no, it must be \boxed{8}"
    record = {"verifier": "math", "answer": "8"}
    assert score(record, hedged).why == "boxes with different answers"
    assert score(record, hedged).verdict == "wrong"
    assert score(record, hedged, mode="eval").verdict == "correct"
    assert score(record, r"so \boxed{8}, that is, $\boxed{ 8 }$").verdict == "correct"
    assert score(record, r"<think>\boxed{7}?</think>\boxed{8}").verdict == "correct"
    assert score(record, r"\boxed{\boxed{8}}").verdict == "correct"
    assert score(record, r"\boxed{7 \boxed{8}}").verdict == "wrong"
    assert score(record, r"\boxed{8} and \boxed{8").verdict == "wrong"


def test_any_of_several_references_counts() -> None:
    assert verdict(["24/7", "3.429"], "3.429") == "correct"
    assert verdict('["24/7", "3.429"]', r"\frac{24}{7}") == "correct"
    assert verdict(["24/7", "3.429"], "3.43") == "wrong"
    assert verdict("[0, 1]", "[0, 1]") == "correct"  # an interval, and no list of references
    assert verdict("[0, 1]", "0") == "wrong"
    assert verdict(7, "7") == "correct"
    assert verdict(["", "8"], "8") == "correct"
    assert verdict(["", "8"], "7") == "error"  # the unreadable one might have matched


@pytest.mark.parametrize("answer", [None, [], [None], {"a": 1}, True])
def test_a_record_without_an_answer_is_named(answer: object) -> None:
    with pytest.raises(UserError, match="field 'answer' must be"):
        judge("string", answer, "7")


@pytest.mark.parametrize(
    ("reference", "answer", "expected"),
    [
        ("(B)", "B", "correct"),
        ("B", "C", "wrong"),
        ("AC", "A, C", "correct"),
        ("A,C", r"\text{C and A}", "correct"),
        ("AC", "A", "wrong"),
        ("A", "AC", "wrong"),
        ("B", r"\text{(B) 42}", "correct"),
        ("B", "B. Paris", "correct"),
        ("B", "A or B", "wrong"),
        ("B", "B. or C.", "wrong"),
        ("B", "all of the above", "wrong"),
    ],
)
def test_choice(reference: str, answer: str, expected: str) -> None:
    assert verdict(reference, answer, "choice") == expected


def test_string() -> None:
    assert verdict("New  York", r"\text{new york.}", "string") == "correct"
    assert verdict("New York", "York", "string") == "wrong"


@pytest.mark.parametrize(
    ("reference", "answer", "tolerance", "expected"),
    [
        ("3.14", "3.14", 0, "correct"),
        ("3.14", "3.141", 0, "wrong"),
        ("3.14", "3.141", 0.01, "correct"),
        ("3.14", "3.15", 0.01, "correct"),  # exactly at the edge
        ("3.14", "3.1501", 0.01, "wrong"),
        ("200", "204", "2%", "correct"),
        ("200", "204.1", "2%", "wrong"),
        ("-200", "-196", "2%", "correct"),
        ("0", "0.001", "2%", "wrong"),
        ("12500", "12,500", 0, "correct"),
        ("12500", "1.25 \\times 10^4", 0, "correct"),
        ("12500", "1.25e4", 0, "correct"),
        ("12500", "一万二千五百", 0, "correct"),
        ("12500", "1.25万", 0, "correct"),
        ("250000000", "2.5亿", 0, "correct"),
        ("45%", "0.45", 0, "correct"),
        ("45%", "45", 0, "correct"),
        ("45", r"45.2\%", 0.5, "correct"),
        ("0.45", "45%", 0, "correct"),
        ("12 cm", "12", 0, "correct"),
        ("12 cm", "12 m", 0, "wrong"),
        ("12", "$12", 0, "correct"),
        ("7", "7 or 8", 0, "wrong"),
        ("7", "nan", 0, "wrong"),
        ("7", r"\infty", "100%", "wrong"),
        ("7", "1e999999999", "100%", "wrong"),
        ("seven", "7", 0, "error"),
    ],
)
def test_number(reference: str, answer: str, tolerance: object, expected: str) -> None:
    assert verdict(reference, answer, "number", tolerance=tolerance) == expected


@pytest.mark.parametrize("tolerance", [-1, "nan", "inf", float("nan"), "x%", True, [1]])
def test_a_tolerance_that_makes_no_sense_is_named(tolerance: object) -> None:
    with pytest.raises(UserError, match="field 'tolerance' must be"):
        judge("number", "1", "1", tolerance=tolerance)


@pytest.mark.parametrize(
    ("reference", "answer", "expected"),
    [
        ("100", "105", "correct"),
        ("100", "95", "correct"),
        ("100", "105.1", "wrong"),
        ("-100", "-104", "correct"),
        ("-100", "104", "wrong"),
        ("2015", "2016", "correct"),  # a year is a number like any other in ChartQA's measure
        ("5%", "0.05", "correct"),
        ("5%", "5", "wrong"),
        ("0", "0", "correct"),
        ("0", "0.0", "wrong"),  # no relative error: compared as text
        ("West", "west", "correct"),
        ("West", "East", "wrong"),
        ("Campaign D", r"\text{campaign d}", "correct"),
        ("Yes", "100", "wrong"),
        ("100", "nan", "wrong"),
    ],
)
def test_chart(reference: str, answer: str, expected: str) -> None:
    assert verdict(reference, answer, "chart") == expected


def test_ocr_rewards_with_the_similarity() -> None:
    found = judge("ocr", "hello world", "Hello  worle")
    assert (found.verdict, found.reward) == ("correct", pytest.approx(10 / 11))
    assert judge("ocr", "abcd", "abxy") == Verdict("wrong", 0.0, "ANLS 0.0000")  # distance 2 of 4: not below one half
    assert judge("ocr", "abcde", "abcxy").reward == pytest.approx(0.6)
    assert verdict("abcde", "abcxy", "ocr", threshold=0.8) == "wrong"
    assert judge("ocr", "abcde", "abcxy", threshold=0.8).reward == pytest.approx(0.6)
    assert judge("ocr", ["zzz", "abcde", "abcxe"], "abcxy").reward == pytest.approx(0.8)  # the best reference
    assert verdict("中文识别", "中文識别", "ocr") == "correct"
    with pytest.raises(UserError, match="field 'threshold' must be"):
        judge("ocr", "a", "a", threshold=2)


@pytest.mark.parametrize(
    ("reference", "answer", "expected"),
    [
        ("3", "3", "correct"),
        ("3", "three", "correct"),
        ("3", "三个", "correct"),
        ("2", "两只", "correct"),
        ("3", r"\text{three dogs}", "correct"),
        ("23", "twenty-three", "correct"),
        ("105", "one hundred and five", "correct"),
        ("1200", "1,200 people", "correct"),
        ("0", "none", "correct"),
        ("0", "no cars", "correct"),
        ("three", "3.0", "correct"),
        ("3", "4", "wrong"),
        ("3", "3 or 4", "wrong"),
        ("3", "3 of 4", "wrong"),
        ("3", "3.5", "wrong"),
        ("3", "at least 3", "wrong"),
        ("3", "three hundred", "wrong"),
        ("3", "many", "wrong"),
        ("many", "3", "error"),
    ],
)
def test_count(reference: str, answer: str, expected: str) -> None:
    assert verdict(reference, answer, "count") == expected


def test_an_unreadable_reference_is_an_error_and_not_a_zero() -> None:
    result = score({"verifier": "math", "answer": ""}, r"\boxed{3}")
    assert result.verdict == "error"
    assert math.isnan(result.reward)


def test_an_error_is_judged_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def flaky(cases: Sequence[Case]) -> list[Verdict]:
        asked.append([case.answer for case in cases])
        lost = {"never", "later"} if len(asked) == 1 else {"never"}
        return [Verdict.error("lost") if case.answer in lost else Verdict.correct("") for case in cases]

    monkeypatch.setitem(VERIFIERS, "flaky", extract_then_compare(extract_string, flaky))
    answers = ["now", "later", "never"]
    records = [{"verifier": "flaky", "answer": "x"}] * 3
    verdicts = score_batch(records, [f"\\boxed{{{answer}}}" for answer in answers])
    assert [item.verdict for item in verdicts] == ["correct", "correct", "error"]
    assert asked == [answers, ["later", "never"]]


def test_verdicts_do_not_depend_on_the_batch() -> None:
    cases = [("7", "7"), ("1/2", r"\frac{1}{2}"), ("7", "8"), ("3", r"\sqrt{9}"), ("2", "x")] * 3
    records = [{"verifier": "math", "answer": reference} for reference, _ in cases]
    responses = [f"\\boxed{{{answer}}}" for _, answer in cases]
    together = score_batch(records, responses)
    backwards = score_batch(records[::-1], responses[::-1])[::-1]
    assert together == backwards == [score(*pair) for pair in zip(records, responses, strict=True)]
    assert [item.reward for item in together[:5]] == [1.0, 1.0, 0.0, 1.0, 0.0]


def test_an_unknown_verifier_is_named() -> None:
    with pytest.raises(UserError, match=r"unknown verifier 'proof'; use one of chart, choice, .*, plot, string, svg"):
        score({"verifier": "proof", "answer": "1"}, "1")


def read_lines(name: str) -> list[dict[str, Any]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is absent (set K15_DATA)")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("mode", ["rl", "eval"])
def test_agreement_with_labelled_math_outputs(mode: Mode) -> None:
    rows = read_lines("math_model_outputs/math_cot_100_subset.jsonl.gz")
    labelled = [(row["gt"], text, label) for row in rows for text, label in zip(row["code"], row["score"], strict=True)]
    records = [{"verifier": "math", "answer": reference} for reference, _, _ in labelled]
    verdicts = score_batch(records, [text for _, text, _ in labelled], mode=mode)
    assert [item.verdict == "correct" for item in verdicts] == [label for _, _, label in labelled]


def test_agreement_with_labelled_gsm8k_solutions() -> None:
    rows = read_lines("gsm8k_model_solutions/example_model_solutions_subset.jsonl.gz")
    models = ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"]
    labelled = [(row["ground_truth"].rpartition("A:")[2].strip(), row[model]) for row in rows for model in models]
    records = [{"verifier": "math", "answer": reference} for reference, _ in labelled]
    verdicts = score_batch(records, [item["solution"] for _, item in labelled], mode="eval")
    agreement = [
        (item.verdict == "correct") == solution["is_correct"]
        for item, (_, solution) in zip(verdicts, labelled, strict=True)
    ]
    assert sum(agreement) / len(agreement) >= 0.995
