import gzip
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from k15.errors import UserError
from k15.rewards import VERIFIERS, Verdict, score, score_batch
from k15.rewards.extraction import extract_string
from k15.rewards.verifiers import Verifier

DATA = Path(os.environ.get("K15_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))


def verdict(reference: str, answer: str, verifier: str = "math") -> str:
    return score({"verifier": verifier, "answer": reference}, f"\\boxed{{{answer}}}").verdict


@pytest.mark.parametrize(
    ("reference", "answer", "expected"),
    [
        ("7", "7", "correct"),
        ("7", "8", "wrong"),
        ("7", "007", "correct"),
        ("-7", "- 7", "correct"),
        ("1/2", r"\frac{1}{2}", "correct"),
        ("0.5", r"\frac12", "correct"),
        ("12", r"12\text{ cm}", "correct"),
        ("1000", "1,000", "correct"),
        (r"\{1,2\}", r"\{2,1\}", "correct"),
        ("(1,2)", "(2,1)", "wrong"),
        ("(1,2]", "[1,2)", "wrong"),
        ("x+1", "1+x", "correct"),
        (r"\text{Evelyn}", "Evelyn", "correct"),
        ("7", "7 3", "wrong"),
        ("7", "7,8", "wrong"),
        ("7", r"7\text{ or }8", "wrong"),
        ("7", "", "wrong"),
        ("7", "?", "wrong"),
        ("7", "7" * 5000, "wrong"),
    ],
)
def test_math(reference: str, answer: str, expected: str) -> None:
    assert verdict(reference, answer) == expected


def test_choice_and_string() -> None:
    assert verdict("(B)", "B", "choice") == "correct"
    assert verdict("B", "C", "choice") == "wrong"
    assert verdict("New  York", r"\text{new york.}", "string") == "correct"
    assert verdict("New York", "York", "string") == "wrong"


def test_an_unreadable_reference_is_an_error_and_not_a_zero() -> None:
    result = score({"verifier": "math", "answer": ""}, r"\boxed{3}")
    assert result.verdict == "error"
    assert math.isnan(result.reward)


def test_an_error_is_judged_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def flaky(pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        asked.append([answer for _, answer in pairs])
        first = len(asked) == 1
        return [
            Verdict.error("lost") if a == "never" or (a == "later" and first) else Verdict.correct("") for _, a in pairs
        ]

    monkeypatch.setitem(VERIFIERS, "flaky", Verifier(extract_string, flaky))
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
    with pytest.raises(UserError, match="unknown verifier 'proof'; use one of choice, math, string"):
        score({"verifier": "proof", "answer": "1"}, "1")


def read_lines(name: str) -> list[dict]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is absent (set K15_DATA)")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("mode", ["rl", "eval"])
def test_agreement_with_labelled_math_outputs(mode) -> None:
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
