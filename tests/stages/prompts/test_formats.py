"""Published sets as they are published: question, answer that its verifier accepts, tags, and what is barred."""

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from k15.errors import UserError
from k15.rewards import score
from k15.sandbox import shared_sandbox
from stages.prompts.candidates import Candidate, candidates
from stages.prompts.rules import reasons_before_sampling
from tests.stages.prompts.test_candidates import params

DATA = Path(os.environ.get("K15_DATA", Path(__file__).parents[4] / "shared" / "data"))
real_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not at {DATA} (set K15_DATA)")


def read(path: Path | str, format: str, root: Path = DATA) -> list[Candidate]:
    return candidates(params(families={}, sources=[{"name": format, "path": str(path), "format": format}]), root)


@real_data
@pytest.mark.parametrize(
    ("path", "format", "count", "left_out"),
    [
        ("gsm8k", "gsm8k", 7473, 0),
        ("math500", "math", 249, 5),
        ("math_test_other", "math", 2244, 15),
        ("svamp", "svamp", 510, 0),
    ],
)
def test_mathematics(path: str, format: str, count: int, left_out: int) -> None:
    found = read(path, format)
    reasons = reasons_before_sampling(found, [])
    assert len(found) == count
    assert sum(reason != "duplicate" for reason in reasons.values()) <= left_out
    assert {item.domain for item in found} == {"math"}
    for item in found[::50]:
        assert score(item.record, f"\\boxed{{{item.answer}}}").verdict == "correct", item
    if format == "math":
        assert {item.difficulty for item in found} == {1, 2, 3, 4, 5}
        assert set(Counter(item.discipline for item in found)) == {
            *("algebra", "arithmetic", "precalculus", "number-theory", "counting-probability", "geometry"),
        }


@real_data
def test_theoremqa() -> None:
    found = read("theoremqa", "theoremqa")
    reasons = Counter(reasons_before_sampling(found, []).values())
    assert reasons["true-false"] >= 40 and reasons["multiple-choice"] >= 2 and reasons["picture"] == 30
    assert 250 < len(found) - reasons.total() < 300
    assert {item.domain for item in found} == {"math", "knowledge"}
    lists = [item for item in found if item.answer.startswith("(")]
    assert len(lists) > 20 and score(lists[0].record, "\\boxed{(0, 5)}").verdict == "correct"
    rough = next(item for item in found if item.verifier == "number" and item.answer == "1.42")
    assert [score(rough.record, f"\\boxed{{{x}}}").verdict for x in (1.43, 1.5)] == ["correct", "wrong"]


@real_data
def test_mbpp_runs_its_assertions() -> None:
    found = read("mbpp", "mbpp")
    assert len(found) == 472 and not reasons_before_sampling(found, [])
    assert {(item.domain, item.discipline) for item in found} == {("code", "programming")}
    try:
        shared_sandbox()
    except UserError as error:
        pytest.skip(str(error))
    with gzip.open(DATA / "mbpp/mbpp_subset.jsonl.gz", "rt", encoding="utf-8") as lines:
        row = json.loads(next(lines))
    item = next(item for item in found if item.id == f"mbpp/{row['task_id']}")
    assert row["test_list"][0] in item.question and row["test_list"][1] not in item.question
    assert score(item.record, f"```python\n{row['code']}\n```").verdict == "correct"
    assert score(item.record, "```python\ndef min_cost(*_):\n    return 8\n```").verdict == "wrong"


@real_data
def test_contest_packages_bring_their_tests() -> None:
    found = read("contest_problems", "packages")
    assert len(found) == 20 and {item.discipline for item in found} == {"programming"}
    assert set(reasons_before_sampling(found, []).values()) <= {"special-judge", "no-tests", "no-statement"}
    usable = [item for item in found if not item.barred]
    assert len(usable) >= 15
    for item in usable:
        assert 1 <= len(item.record["tests"]) <= 40


def test_a_package_in_a_directory(tmp_path: Path) -> None:
    package = tmp_path / "sum"
    for name, text in {
        "problem.yaml": "name: Sum\n",
        "problem_statement/problem.en.tex": "Add two numbers.",
        "data/secret/2.in": "3 4\n",
        "data/secret/2.ans": "7\n",
        "data/secret/big.in": "1" * 100_000,
        "data/secret/big.ans": "1\n",
        "data/secret/odd.in": "no answer to it",
        "data/sample/1.in": "1 2\n",
        "data/sample/1.ans": "3\n",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    (item,) = read("sum", "packages", tmp_path)
    assert (item.id, item.question, item.verifier, item.barred) == (
        "packages/sum",
        "Add two numbers.",
        "code_stdin",
        "",
    )
    assert item.record["tests"] == [{"input": "1 2\n", "output": "3\n"}, {"input": "3 4\n", "output": "7\n"}]
    (package / "problem.yaml").write_text("validation: custom\n")
    assert read("sum", "packages", tmp_path)[0].barred == "special-judge"


def test_options_make_a_choice(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps({"question": "Which?", "answer": "x", "options": ["x", "y"]}))
    assert reasons_before_sampling(read("q.jsonl", "records", tmp_path), []) == {0: "multiple-choice"}


@pytest.mark.parametrize(
    ("format", "row", "message"),
    [
        ("gsm8k", {"question": "q", "answer": "7"}, "line 1: the answer has no '####' line"),
        ("math", {"problem": "q", "solution": "seven"}, r"line 1: the solution has no \\boxed answer"),
        ("mbpp", {"text": "q", "task_id": 1, "test_list": "assert"}, "'test_list' must be a list"),
        ("svamp", {"Body": "b"}, "line 1: has no field 'Question'"),
        ("theoremqa", {"Question": "q"}, "line 1: has no field 'Answer_type'"),
        ("packages", {"question": "q"}, "no problem in it"),
    ],
)
def test_another_format_is_named(tmp_path: Path, format: str, row: dict, message: str) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps(row))
    with pytest.raises(UserError, match=message):
        read("q.jsonl", format, tmp_path)
