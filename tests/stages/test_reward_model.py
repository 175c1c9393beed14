"""The optional stage at smoke size, with a user's file: what it leaves, after SIGKILL too, and what it prints."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from dvc.utils.hydra import compose_and_dump

from k15.artifacts import Producer, publish, read_rows, verify
from k15.judging.answers import generate
from k15.model import checkpoint, vlm
from k15.model.config import ModelConfig
from k15.params import read_params
from k15.rewards.judge import write_verdict
from k15.tokenizer import Tokenizer
from stages.reward_model.table import summary, table

REPOSITORY = Path(__file__).parents[2]
MINE = [
    {"question": f"{i}+1?", "reference": str(i + 1), "response": str(i + 1 + i % 2), "label": i % 2 == 0}
    for i in range(60)
]
ARTIFACTS = ("answers", "classic", "cot", "judgements")


def command(root: Path) -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", "stages.reward_model", "--root", str(root)]


def prepare(root: Path) -> None:
    """Params at smoke size, an untrained start, and the user's file."""
    # Enough steps for verdicts, if not for right ones: the user's answers need some that are right by luck.
    overrides = ["profile=smoke", "reward_model.pairs=1", "reward_model.steps=140", "reward_model.batch_rows=2"]
    overrides += [
        "reward_model.save_every=20",
        "reward_model.sources.samples=4",
        "reward_model.sources.temperature=0.3",
    ]
    overrides += ["reward_model.sources.files=[{name: mine, path: mine.jsonl}]"]
    compose_and_dump(root / "params.yaml", str(REPOSITORY / "conf"), None, "config", str(root), overrides)
    (root / "mine.jsonl").write_text("".join(json.dumps(record) + "\n" for record in MINE))
    shape = ModelConfig(**read_params(root)["model"], vocab_size=400, max_length=512)
    texts = [f"{a.question}\nReference:\nResponse: {write_verdict(a.reasoning, True)}" for a in generate("train", 9, 1)]
    tokenizer = Tokenizer.train(texts, shape.vocab_size)
    model = vlm.build(shape, 1)
    producer = Producer("sft", {}, ())
    start = root / "artifacts/sft/long"
    publish(start, "checkpoint", "checkpoint", producer, lambda d: checkpoint.save(d, model, tokenizer, 1))


def digests(root: Path) -> dict[str, str]:
    manifests = {name: root / "artifacts/reward_model" / name / "manifest.json" for name in ARTIFACTS}
    return {name: json.loads(path.read_text())["digest"] for name, path in manifests.items()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole")
    prepare(root)
    done = subprocess.run(command(root), cwd=REPOSITORY, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    return root


def test_artifacts_and_metrics(whole: Path) -> None:
    for name in ARTIFACTS:
        verify(whole / "artifacts/reward_model" / name)
    answers = list(read_rows(whole / "artifacts/reward_model/answers", "judged_answer"))
    heldout = [a for a in answers if a["split"] == "heldout"]
    judgements = list(read_rows(whole / "artifacts/reward_model/judgements", "judgement"))
    assert [(j["question"], j["response"]) for j in judgements] == [(a["question"], a["response"]) for a in heldout]
    assert {j["form"] for j in judgements} >= {"mine", "words", "sums"}
    metrics = json.loads((whole / "metrics/reward_model.json").read_text())
    assert metrics["heldout"] == len(heldout) and metrics["train"] == len(answers) - len(heldout)
    assert set(metrics["loss"]) == {"classic", "classic.sources", "cot", "cot.sources"}
    # The judgements are stored in float32 and as text: the figures follow from them.
    assert {name: metrics[name] for name in ("accuracy", "errors", "forms")} == summary(judgements)
    assert all((j["log_odds"] > 0) == (j["classic"] == "correct") for j in judgements)
    assert not (whole / "state/reward_model").exists()


def test_killed_and_run_again_it_ends_with_the_same_artifacts(whole: Path, tmp_path: Path) -> None:
    prepare(tmp_path)
    shutil.rmtree(tmp_path / "artifacts/sft")
    shutil.copytree(whole / "artifacts/sft", tmp_path / "artifacts/sft")
    for moment in ("classic", "cot", "classic judgements"):
        process = subprocess.Popen(
            command(tmp_path),
            cwd=REPOSITORY,
            env={**os.environ, "K15_EVENTS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        events = (json.loads(line[5:]) for line in process.stdout if line.startswith("@k15 "))
        assert any(e.get("label") == moment and (e["done"] or "judgements" in moment) for e in events)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    done = subprocess.run(command(tmp_path), cwd=REPOSITORY, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "continuing an interrupted run" in done.stderr
    assert digests(tmp_path) == digests(whole)


def test_a_users_mistake_is_one_line(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "mine.jsonl").write_text(json.dumps({**MINE[0], "label": "perhaps"}))
    done = subprocess.run(command(tmp_path), cwd=REPOSITORY, capture_output=True, text=True, timeout=400)
    assert done.returncode == 2
    assert (
        done.stderr.splitlines()[-1].startswith("k15 reward_model: error: ") and "line 1: field 'label'" in done.stderr
    )


ROWS = [
    *({"form": "sums", "label": "correct", "classic": "correct", "cot": "correct"} for _ in range(3)),
    {"form": "sums", "label": "wrong", "classic": "correct", "cot": "error"},
    {"form": "words", "label": "wrong", "classic": "error", "cot": "wrong"},
]


def test_accuracy_counts_an_error_as_no_right_judgement() -> None:
    figures = summary(ROWS)
    assert figures["accuracy"] == {"classic": 0.6, "cot": 0.8}
    assert figures["errors"] == {"classic": 1, "cot": 1}
    assert figures["forms"]["sums"] == {"classic": 0.75, "cot": 0.75}


def test_the_table_stands_beside_the_papers_figures() -> None:
    lines = table({"heldout": 5, **summary(ROWS)}).splitlines()
    assert lines[1].split() == ["value", "head", "84.4", "60.0", "23.1", "to", "88.2", "1", "without", "a", "verdict"]
    assert lines[2].split()[:5] == ["chain", "of", "thought", "98.5", "80.0"]
    assert lines[-1].split() == ["words", "0.0", "100.0"]
