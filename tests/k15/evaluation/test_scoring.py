"""pass@1 and its clustered standard error by hand; verdicts anew from stored text, without torch or vLLM."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from k15.evaluation.items import join_answers
from k15.evaluation.scoring import clustered_stderr, figures, score_rows, summarize, unscored

DATA = Path(os.environ.get("K15_DATA", Path(__file__).parents[4] / "shared" / "data"))
real_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no benchmark files at {DATA} (set K15_DATA)")


def row(problem: str, verdict: str, **fields: Any) -> dict[str, Any]:
    base = {
        "checkpoint": "rl",
        "suite": "chain",
        "difficulty": 0,
        "tokens": 10,
        "blanked": False,
        "reward": 0.0,
        "answer": "7",
        "verifier": "math",
        "text": "",
        "problem_id": problem,
        "verdict": verdict,
    }
    return {**base, **fields}


def test_figures_by_hand() -> None:
    rows = [
        row("a", "correct", tokens=4),
        row("a", "correct", tokens=6),
        row("b", "wrong", tokens=2),
        row("b", "wrong", tokens=8),
    ]
    # Deviations from 1/2 sum to +1 and -1 by problem: sqrt((1 + 1) * 2/1) / 4.
    assert figures(rows) == {"pass@1": 0.5, "stderr": 0.5, "tokens": 5.0, "samples": 4}


def test_independent_samples_give_the_usual_standard_error() -> None:
    assert clustered_stderr([[1.0], [0.0], [0.0], [1.0]]) == pytest.approx(math.sqrt((1 / 3) / 4), abs=1e-6)


def test_repeating_samples_of_the_same_problems_does_not_narrow_the_error() -> None:
    once = [[1.0], [0.0], [0.0]]
    assert clustered_stderr([cluster * 8 for cluster in once]) == clustered_stderr(once)


def test_one_problem_tells_nothing_of_its_spread() -> None:
    assert figures([row("a", "correct")])["stderr"] is None


def test_unscored_samples_are_left_out_and_counted() -> None:
    rows = [
        row("a", "correct"),
        row("b", "wrong"),
        row("c", "skipped", tokens=0),
        row("d", "error", tokens=99),
    ]
    assert figures(rows) == {"pass@1": 0.5, "stderr": 0.5, "tokens": 10.0, "samples": 2}
    assert unscored(rows) == {("chain", "skipped"): 1, ("chain", "error"): 1}
    assert figures(rows[2:]) == {"pass@1": None, "stderr": None, "tokens": None, "samples": 0}


def test_summary_has_difficulties_and_pools() -> None:
    rows = [
        row("a", "correct", difficulty=1),
        row("b", "wrong", difficulty=2),
        row("c", "correct", suite="edit", difficulty=1),
        row("d", "correct", suite="count.blank", blanked=True),
        row("e", "wrong", checkpoint="sft", difficulty=1),
    ]
    summary = summarize(rows, {"chain": ("math", "text"), "edit": ("code", "text"), "count.blank": ("vision.blank",)})
    assert {name: suite["pass@1"] for name, suite in summary["rl"].items()} == {
        "chain": 0.5,
        "chain.d1": 1.0,
        "chain.d2": 0.0,
        "math": 0.5,
        "edit": 1.0,
        "code": 1.0,
        "text": pytest.approx(2 / 3, abs=1e-6),
        "count.blank": 1.0,
        "vision.blank": 1.0,
    }
    assert summary["sft"]["chain.d1"]["pass@1"] == 0.0


def test_verdicts_come_from_the_text() -> None:
    rows = [
        row("a", "", text="\\boxed{7}"),
        row("b", "wrong", text="<think>7</think>\\boxed{7}"),
        row("c", "correct", text="<think>7"),
        row("d", "skipped"),
    ]
    scored = score_rows(rows)
    assert [one["verdict"] for one in scored] == ["correct", "correct", "wrong", "skipped"]
    assert [one["reward"] for one in scored] == [1.0, 1.0, 0.0, 0.0]
    assert score_rows(scored) == scored


def test_any_accepted_answer_counts() -> None:
    answer = join_answers(["24/7", "3.429"])
    rows = [row(text, "", text=f"\\boxed{{{text}}}", answer=answer) for text in ("3.429", "\\frac{24}{7}", "3")]
    assert [one["verdict"] for one in score_rows(rows)] == ["correct", "correct", "wrong"]


def test_scoring_needs_neither_torch_nor_vllm() -> None:
    code = (
        "import sys, k15.evaluation.scoring, k15.evaluation.suites; "
        "sys.exit(bool({'torch', 'vllm', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0


@real_data
@pytest.mark.parametrize(("model", "published"), [("llava1.5_13b", 0.364), ("qwen_vl", 0.359)])
def test_published_mmmu_outputs_score_near_the_published_accuracy(model: str, published: float) -> None:
    """On a subset, and without the benchmark's random guess for unreadable answers: hence the margin."""
    records = [
        record
        for file in sorted((DATA / "mmmu_model_outputs" / model).glob("*.json"))
        for record in json.loads(file.read_text())
    ]
    rows = []
    for record in records:
        answer = record["answer"] if isinstance(record["answer"], list) else [record["answer"]]
        verifier = "choice" if record["question_type"] == "multiple-choice" else "string"
        rows.append(row(record["id"], "", text=record["response"], answer=join_answers(answer), verifier=verifier))
    accuracy = figures(score_rows(rows))["pass@1"]
    assert accuracy == pytest.approx(published, abs=0.1)
