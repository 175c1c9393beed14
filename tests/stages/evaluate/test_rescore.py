"""Stored samples scored again: what agrees, what was tampered with, and that no engine is needed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from k15.artifacts import Producer, read_rows, write_dataset
from k15.evaluation.scoring import score_rows, summarize
from k15.evaluation.suites import pools
from k15.tasks import FAMILIES
from stages.evaluate.rescore import rescore

FAMILY = next(family for family in FAMILIES.values() if not family.vision)
ROOT = Path(__file__).parents[3]


def sample(problem: str, number: int, text: str) -> dict[str, Any]:
    place = {"checkpoint": "rl", "suite": FAMILY.name, "problem_id": problem, "difficulty": 1, "sample": number}
    asked = {"question": "q", "answer": "42", "verifier": "math", "blanked": False, "length": 0, "depth": 0.0}
    answered = {"response_ids": [1, 2], "text": text, "finish_reason": "stop", "tokens": 2}
    return {**place, **asked, **answered, "verdict": "", "reward": 0.0}


def store(root: Path, rows: list[dict[str, Any]]) -> None:
    write_dataset(root / "artifacts" / "evaluate", "sample", rows, producer=Producer("evaluate", {}, ()))
    (root / "metrics").mkdir()
    (root / "metrics" / "evaluate.json").write_text(json.dumps(summarize(rows, pools()), sort_keys=True))


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    texts = ["\\boxed{42}", "\\boxed{41}", "<think>42</think>\\boxed{42}", "<think>42"]
    return score_rows([sample(f"p{number % 2}", number // 2, text) for number, text in enumerate(texts)])


def test_untouched_samples_agree(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    store(tmp_path, rows)
    assert rescore(tmp_path)
    assert read_rows(tmp_path / "artifacts" / "evaluate", "sample") == rows


def test_a_changed_verdict_is_told(
    tmp_path: Path, rows: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    rows[1]["verdict"] = "correct"
    store(tmp_path, rows)
    assert not rescore(tmp_path)
    printed = capsys.readouterr().out
    assert f"rl {FAMILY.name} p1 sample 0: correct -> wrong" in printed
    assert "1 verdicts changed, 3 figures differ" in printed  # the family, and its pools: domain and text


def test_command_line_works_without_an_engine(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    store(tmp_path, rows)
    code = (
        "import runpy, sys; sys.modules.update(torch=None, vllm=None, transformers=None); "
        f"sys.argv = ['evaluate', '--rescore', '--root', {str(tmp_path)!r}]; "
        "runpy.run_module('stages.evaluate', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 samples, 0 verdicts changed, 0 figures differ" in done.stdout


def test_missing_samples_are_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stages.evaluate", "--rescore", "--root", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("k15 evaluate: error:") and done.stderr.count("\n") == 1
