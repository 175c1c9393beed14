"""What must stay out of training data: each question, solution and field on its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from k15.curation.duplicates.decontaminate import EvaluationIndex
from k15.errors import UserError
from k15.evaluation.guarded import guarded
from k15.evaluation.params import BenchmarksParams
from k15.params import parse_params

PROMPT = 'def first_prime(above: int) -> int:\n    """Find the smallest prime number larger than the given one."""'
PROGRAM = "candidate = above + 1\nwhile any(candidate % d == 0 for d in range(2, candidate)):\n    candidate += 1"
SOLUTION = "Each of the six boxes holds 7 pencils, so that there are 6*7=<<6*7=42>>42 of them.\n#### 42"
QUESTION = "Ann buys six boxes with seven pencils in each of them; how many pencils has she got?"


def params(**changes: Any) -> BenchmarksParams:
    return parse_params(BenchmarksParams, "benchmarks", {"sets": [], "guarded": [], "decontamination": {}} | changes)


def write(path: Path, *records: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path.name


def test_every_field_alone_is_an_item(tmp_path: Path) -> None:
    path = write(tmp_path / "programs.jsonl", {"prompt": PROMPT, "canonical_solution": PROGRAM, "task_id": "1"})
    one = {"name": "programs", "path": path, "fields": ["prompt", "canonical_solution"]}
    items = list(guarded(params(guarded=[one]), tmp_path))
    assert [item[:2] for item in items] == [("programs", "1/prompt"), ("programs", "1/canonical_solution")]
    found = EvaluationIndex.build(items, params().decontamination).hits([PROMPT, PROGRAM, f"{PROMPT}\n{PROGRAM}"])
    assert [hit and hit.id for hit in found] == ["1/prompt", "1/canonical_solution", "1/prompt"]


def test_questions_and_solutions_of_sets(tmp_path: Path) -> None:
    drawing = {"samples": 1, "temperature": 1.0, "max_tokens": 1}
    gsm8k = write(tmp_path / "gsm8k.jsonl", {"question": QUESTION, "answer": SOLUTION})
    math = write(tmp_path / "math.jsonl", {"problem": "Compute $1+1$.", "answer": "2"})
    sets = [
        {"name": "gsm8k", "format": "gsm8k", "path": gsm8k, **drawing},
        {"name": "math", "format": "math500", "path": math, **drawing},
    ]
    items = list(guarded(params(sets=sets), tmp_path))
    assert items == [
        ("gsm8k", "0/question", QUESTION),
        ("gsm8k", "0/solution", SOLUTION),
        ("math", "0/question", "Compute $1+1$."),
    ]
    index = EvaluationIndex.build(items, params().decontamination)
    assert all(index.hits([f"The river. {text} The mill." for text in (QUESTION, SOLUTION)]))


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    one = {"name": "none", "path": write(tmp_path / "none.jsonl"), "fields": ["prompt"]}
    with pytest.raises(UserError, match="no record in it"):
        list(guarded(params(guarded=[one]), tmp_path))
