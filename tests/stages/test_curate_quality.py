"""Quality in the curate stage: a classifier, a model's judgements, a tokenizer that is reused."""

import copy
import json
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tokenizers import Tokenizer as BPETokenizer
from tokenizers import models, pre_tokenizers, trainers

from k15.artifacts import read_rows, write_dataset
from k15.artifacts.manifest import Producer
from k15.curation import parts
from k15.curation.document import Document
from k15.curation.pieces import WorkersParams
from k15.curation.quality.params import QualityParams
from k15.params import parse_params
from k15.progress import Progress
from k15.tokenizer import SPECIAL_TOKENS, Tokenizer
from stages.curate import quality, seeds
from stages.curate.explain import explain
from stages.curate.work import Beside, Work
from tests.stages.curate_params import SMALL
from tests.stages.test_curate import curate, metrics

CLASSIFIER = {"buckets": 4096, "dimensions": 8, "words": 64, "epochs": 10, "batch": 32, "lr": 0.05, "heldout": 0.2}
Text = tuple[str, str, str | None]
"""Id, text and the filter that drops it."""
BANDS = [{"quantile": 0.5, "factor": 0.5}, {"quantile": 1.0, "factor": 2.0}]


def changed(**keys: Any) -> dict[str, Any]:
    params = copy.deepcopy(SMALL)
    params["quality"] |= {"classifier": CLASSIFIER, "bands": BANDS, **keys}
    return params


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("quality") / "run"
    done = curate(root, changed())
    assert done.returncode == 0, done.stderr
    return root


def test_the_classifier_scores_every_text(run: Path) -> None:
    measured = metrics(run)["quality"]
    assert measured["seeds"] == {"good": 200, "bad": 97} and measured["auc"] > 0.7
    documents = read_rows(run / "artifacts/curate/documents", "document")
    found = {row["id"]: dict(row["scores"])["quality_classifier"] for row in documents}
    assert len(set(found.values())) > 100 and all(0 < one < 1 for one in found.values())
    assert ratio(documents, found) == pytest.approx(4, rel=1e-3)


def ratio(documents: Sequence[dict[str, Any]], scores: dict[str, float]) -> float:
    """How much more often English texts of the better half are read than those of the other half."""
    own = [row for row in documents if row["domain"] == "english"]
    middle = np.median([scores[row["id"]] for row in own])
    training = [row for row in own if row["split"] == "train"]
    better = {row["weight"] for row in training if scores[row["id"]] >= middle}
    worse = {row["weight"] for row in training if scores[row["id"]] < middle}
    assert len(better) == len(worse) == 1
    return better.pop() / worse.pop()


@pytest.mark.parametrize(("threshold", "again"), [(11, False), (200, True)])
def test_it_learns_again_only_from_other_seeds(run: Path, tmp_path: Path, threshold: int, again: bool) -> None:
    """No text has fewer than 11 characters that has 10; one of fewer than 200 becomes an example of bad text."""
    root = tmp_path / "run"
    shutil.copytree(run, root)
    before = made(root)
    params = changed()
    params["filters"]["english"]["characters"]["min"] = threshold
    assert curate(root, params).returncode == 0
    assert (made(root) != before) is again


def made(root: Path) -> dict[str, int]:
    files = [path for step in ("classifier", "quality") for path in (root / "state/curate.kept").glob(f"{step}-*/*")]
    assert len(files) > 2
    return {str(path.relative_to(root)): path.stat().st_mtime_ns for path in files}


def test_judgements_and_a_reused_tokenizer(run: Path, tmp_path: Path) -> None:
    root = tmp_path / "run"
    shutil.copytree(run, root)
    mine = BPETokenizer(models.BPE())
    mine.pre_tokenizer = pre_tokenizers.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    mine.train_from_iterator(["the mill by the river"], trainers.BpeTrainer(vocab_size=270, initial_alphabet=alphabet))
    (root / "mine").mkdir()
    mine.save(str(root / "mine/tokenizer.json"))
    ids = [row["id"] for row in read_rows(run / "artifacts/curate/documents", "document", columns=["id"])]
    scores = dict(zip(ids, np.random.default_rng(1).permutation(len(ids)) / len(ids), strict=True))
    judged = pa.table({"id": ids, "score": list(scores.values())})
    write_dataset(root / "judgements", "document_score", [judged], producer=Producer("judge", {}, ()))
    params = changed(judgements="judgements", weights={"judge": 1.0})
    params["tokenizer"]["reuse"] = "mine"
    done = curate(root, params)
    assert done.returncode == 0, done.stderr
    taken = Tokenizer.load(root / "artifacts/curate/tokenizer")
    assert taken.encode(" mill river") == [len(SPECIAL_TOKENS) + one for one in mine.encode(" mill river").ids]
    documents = read_rows(root / "artifacts/curate/documents", "document")
    assert ratio(documents, scores) == pytest.approx(4, rel=1e-3)


def params_of(**changes: Any) -> QualityParams:
    return parse_params(QualityParams, "quality", {**SMALL["quality"], "classifier": CLASSIFIER, **changes})


def test_generated_and_real_texts_are_not_ranked_against_each_other() -> None:
    """The classifier finds every generated text better than every real one; of each half is read more often."""
    scores = pa.chunked_array([[0.98, 0.96, 0.3, 0.4, 0.5, 0.6]])
    owners = {
        "domain": pa.chunked_array([["english"] * 6]),
        "source": pa.chunked_array([["generated", "generated", "c4", "c4", "wiki", "wiki"]]),
        "rules_score": pa.chunked_array([pa.nulls(6, pa.float64())]),
        "classifier_score": scores,
    }
    found = quality.worth(owners, None, params_of(bands=BANDS))
    assert found.factors.tolist() == [2.0, 0.5, 0.5, 0.5, 2.0, 2.0]


def _part(place: Path, texts: Sequence[Text]) -> Beside:
    place.mkdir()
    parts.write_texts(place / "part", [Document(name, text, "english", "web", "en") for name, text, _ in texts])
    filters = {name: filter for name, _, filter in texts}
    told = parts.beside(place / "part", place / "verdicts", ["id"], partial(_filters, filters=filters))
    told.complete()
    return place / "part", (told.output,)


def _filters(rows: pa.Table, filters: dict[str, str | None]) -> pa.Table:
    return pa.table({"filter": pa.array([filters[name] for name in rows["id"].to_pylist()], pa.string())})


def test_seeds_are_the_first_of_all_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever parts the texts lie in, and only as much of each as the classifier reads."""
    monkeypatch.setattr(parts, "GROUP_BYTES", 300)
    texts: list[Text] = [(f"web/{n}", "word " * (5 * n + 1), "words" if n % 3 else None) for n in range(60)]
    work = Work(tmp_path, WorkersParams(engine="local", count=1, slurm=None), Progress(shown=False))
    params = params_of(seeds={**SMALL["quality"]["seeds"], "good": ["web"], "most": 7})
    files = seeds.chosen(work, [_part(tmp_path / "a", texts)], params, 1)
    apart = seeds.chosen(work, [_part(tmp_path / "b", texts[40:]), _part(tmp_path / "c", texts[:40])], params, 1)
    assert seeds.names_of(files) == seeds.names_of(apart)  # so the classifier is not trained again
    together = seeds.read(files)
    assert sorted(together, key=lambda one: one.id) == sorted(seeds.read(apart), key=lambda one: one.id)
    assert [sum(one.good is good for one in together) for good in (True, False)] == [7, 7]
    known = {name: (text, filter) for name, text, filter in texts}
    for one in together:
        text, filter = known[one.id]
        assert text.startswith(one.text) and one.good == (filter is None)
        assert len(one.text) == min(len(text), 20 * CLASSIFIER["words"])


def test_explain_tells_what_the_reading_is_made_of(run: Path, tmp_path: Path) -> None:
    """By the params that the artifacts were made with; `params.yaml` may have others by now."""
    shutil.copytree(run / "artifacts", tmp_path / "artifacts")
    documents = read_rows(run / "artifacts/curate/documents", "document")
    row = next(one for one in documents if one["domain"] == "code" and one["split"] == "train")
    told = explain(tmp_path, row["id"])
    assert "✓ min 0.3" in told  # code_lines
    reading = dict(row["reading"])
    assert reading.keys() == {"quality", "factor", "pretrain", "cooldown", "long_context"}
    assert reading["quality"] == dict(row["scores"])["quality_classifier"]
    assert reading["pretrain"] == pytest.approx(row["weight"])
    language = json.loads(row["meta"])["programming_language"]
    wanted = {
        "score of the classifier": reading["quality"],
        "combined score": reading["quality"],
        "quality factor": reading["factor"],
        "weight of its source": 1.0,
        f"weight of {language}": 1.5,
        **{f"times read in {stage}": reading[stage] for stage in ("pretrain", "cooldown", "long_context")},
    }
    lines = told[told.index("What its reading is made of:") :].splitlines()[1 : 1 + len(wanted)]
    assert [line.split() for line in lines] == [[*name.split(), f"{value:.4g}"] for name, value in wanted.items()]


def test_explain_tells_all_texts_of_an_id(run: Path, tmp_path: Path) -> None:
    place = tmp_path / "artifacts/curate"
    shutil.copytree(run / "artifacts/curate", place)
    rejections = read_rows(place / "rejections", "rejection")
    twice = [{**row, "id": "web/1", "reason": f"reason {n}"} for n, row in enumerate(rejections[:2])]
    write_dataset(place / "rejections", "rejection", [*twice, *rejections[2:]], producer=Producer("curate", {}))
    told = explain(tmp_path, "web/1")
    assert "Text 1 of 2 that have this id:" in told and "Text 2 of 2 that have this id:" in told
    assert "reason 0." in told and "reason 1." in told and told.count("No duplicates.") == 1
