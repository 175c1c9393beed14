"""A model's yes and no, on a real engine with random weights."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from k15.artifacts import publish, read_manifest, read_rows, write_dataset
from k15.artifacts.manifest import Producer
from k15.errors import UserError
from k15.model import checkpoint, vlm
from k15.progress import Task
from k15.stage import main
from k15.tokenizer import ASSISTANT, USER
from stages.judge import run
from stages.judge.judging import Judge, judging
from stages.judge.params import JudgeParams
from tests.k15 import tiny

NARROWEST = {"heads": 1, "kv_heads": 1, "head_dim": 32}  # the narrowest head that the engine takes
SHAPE = tiny.SHAPE.model_copy(update={**NARROWEST, "init_std": 0.5})
TEXTS = ["the code of the river", "in the garden", "the mill " * 200]


def params(**changes: object) -> JudgeParams:
    given = {"checkpoint": "model", "question": "of the hill?", "yes": "the", "no": "on", "max_model_len": 64}
    return JudgeParams.model_validate(given | changes)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("judge")
    (root / "model").mkdir()
    checkpoint.save(root / "model", vlm.build(SHAPE, 1), tiny.tokenizer(), 1)
    return root


def test_scores_are_the_models_odds(root: Path):
    with judging(params(), root, tiny.engine_params()) as judge:
        found = judge.scores(TEXTS)
        assert judge.scores([TEXTS[2][: judge.characters]])[0] == pytest.approx(found[2], abs=1e-6)
        assert len(tiny.tokenizer().encode(TEXTS[2][: judge.characters])) > judge.room
    tokenizer, model = tiny.tokenizer(), vlm.build(SHAPE, 1)
    question = tokenizer.encode("\n\nof the hill?")
    for text, score in zip(TEXTS, found, strict=True):
        ids = [USER, *tokenizer.encode(text)[: 64 - len(question) - 3], *question, ASSISTANT]
        with torch.no_grad():
            logits = (model(torch.tensor([ids])) @ model.output_weight().T)[0, -1]
        odds = logits[[tokenizer.encode("the")[0], tokenizer.encode("on")[0]]]
        assert score == pytest.approx(odds.softmax(-1)[0].item(), abs=1e-4)
    assert len(set(found.tolist())) == len(TEXTS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"no": "the"}, "begin with the same token"), ({"question": "the hill " * 60}, "fills all of 64 tokens")],
)
def test_useless_questions_are_refused(root: Path, changes: dict[str, str], message: str):
    with pytest.raises(UserError, match=message), judging(params(**changes), root, tiny.engine_params()):
        pass


def repository(root: Path, model: Path) -> Path:
    """Ten documents, and the checkpoint that judges them."""
    root.mkdir()
    publish(
        root / "model",
        "checkpoint",
        "checkpoint",
        Producer("sft", {}),
        lambda directory: shutil.copytree(model / "model", directory, dirs_exist_ok=True) and None,
    )
    shared = {
        "domain": "english",
        "source": "web",
        "split": "train",
        "tokens": 1,
        "weight": 1.0,
        "reading": {},
        "meta": "{}",
    }
    rows = [{**shared, "id": f"web/{n}", "text": "the mill " * n, "scores": {}} for n in range(10)]
    write_dataset(root / "artifacts/curate/documents", "document", rows, producer=Producer("curate", {}))
    sections = {"judge": params().model_dump(), "engine": tiny.engine_params().model_dump()}
    (root / "params.yaml").write_text(json.dumps(sections))
    return root


def test_an_interrupted_run_goes_on(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_BATCH", 3)
    whole, killed = repository(tmp_path / "whole", root), repository(tmp_path / "killed", root)
    assert main(run.STAGE, ["--root", str(whole)]) == 0
    asked: list[int] = []
    scores = Judge.scores

    def counted(judge: Judge, texts: Sequence[str], task: Task | None = None) -> npt.NDArray[np.float32]:
        asked.append(len(texts))
        if asked == [3, 3]:
            raise KeyboardInterrupt
        return scores(judge, texts, task)

    monkeypatch.setattr(Judge, "scores", counted)
    assert main(run.STAGE, ["--root", str(killed)]) == 130
    assert main(run.STAGE, ["--root", str(killed)]) == 0
    assert asked == [3, 3, 3, 3, 1]
    first, second = (read_manifest(one / "artifacts/judgements").digest for one in (whole, killed))
    assert first == second
    rows = read_rows(whole / "artifacts/judgements", "document_score")
    assert [row["id"] for row in rows] == [f"web/{n}" for n in range(10)]
    metrics = json.loads((whole / "metrics/judge.json").read_text())
    mean = sum(row["score"] for row in rows) / 10
    assert metrics == {"documents": 10, "mean": pytest.approx(mean, abs=1e-4)}
