"""Recorded iterations of a real run, replayed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from k15.artifacts import Producer, read_rows
from k15.errors import UserError
from k15.model import checkpoint
from k15.progress import Progress
from k15.rl.loop import RLRun, open_engine
from k15.rl.params import RLParams
from k15.rl.recording import Recorder, Recording
from k15.rl.replay import first_difference, main, replay
from k15.rl.trajectory import RLPrompt
from tests.k15 import tiny
from tests.k15.rl.test_loop import PARTIAL, SHAPE, TOKENIZER, Judge, model, use

PARAMS = PARTIAL.model_copy(update={"iterations": 4, "record_every": 2})
"""Of four iterations the second and the fourth are kept: numbers 1 and 3."""


class Section(RLParams):
    """A stage's, with a key of its own."""

    code_problems: bool = False


def prompts() -> list[RLPrompt]:
    """Half of them with a picture."""
    pictures = [(), (tiny.picture(1),)] * 3
    return [
        RLPrompt(
            f"p{n}",
            TOKENIZER.encode_prompt(f"the hill {n}?", len(images)),
            images,
            {"verifier": "even", "answer": "good"},
            n / 10,
        )
        for n, images in enumerate(pictures)
    ]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("run")
    TOKENIZER.save_pretrained(root / "tokenizer")
    checkpoint.export_hf(root / "hf", checkpoint.hf_state(model()), SHAPE, root / "tokenizer")
    settings, producer = tiny.engine_params(), Producer("rl", {}, ())
    section = Section(**PARAMS.model_dump())
    recorder = Recorder.of(root / "recordings", section, settings, TOKENIZER, prompts(), producer)
    with pytest.MonkeyPatch.context() as patched:
        use(Judge(0), patched)
        state, tiny_model = root / "state", model()
        with open_engine(PARAMS, settings, root, tiny_model, Progress()) as engine:
            run = RLRun(PARAMS, tiny_model, TOKENIZER, prompts(), engine, state, Progress(), producer, recorder)
            run.run("rl")
        shutil.rmtree(state)
        shutil.rmtree(root / "hf")
        yield root / "recordings"


def test_every_nth_iteration_is_kept(recordings: Path) -> None:
    assert sorted(path.name for path in recordings.iterdir()) == ["00001", "00003"]
    found = Recording.open(recordings / "00003")
    assert (found.stage, found.iteration, found.ranks, found.row["iteration"]) == ("rl", 3, 1, 4)
    assert found.params == PARAMS and found.prompts() == prompts()
    assert len(read_rows(found.path / "trajectories" / "00003", "trajectory")) == found.row["responses"]


@pytest.mark.parametrize("name", ["00001", "00003"])
@pytest.mark.parametrize("phase", ["rollout", "train"])
def test_a_replay_is_the_same(
    name: str, phase: str, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = shutil.copytree(recordings / name, tmp_path / "elsewhere")
    assert main([str(moved), phase, "--write", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "accuracy" in printed and printed.endswith("\nthe same\n") and "differs" not in printed
    written = json.loads((tmp_path / "out" / "row.json").read_text())
    recorded = Recording.open(moved)
    assert written["length"] == recorded.row["length"]
    if phase == "rollout":
        assert read_rows(tmp_path / "out" / "replay_buffer", "replay_buffer") == recorded.buffer()
        assert read_rows(tmp_path / "out" / "trajectory", "trajectory") == read_rows(
            moved / "trajectories" / name, "trajectory"
        )
    else:
        saved = torch.load(tmp_path / "out" / "weights.0.pt", weights_only=True)
        before = torch.load(moved / "iterations" / name / "weights.0.pt", weights_only=True)
        assert saved.keys() == before.keys() and any(not torch.equal(saved[n], before[n]) for n in saved)


def test_differences_are_found(recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Weights that are off by a thousandth give other figures in both phases."""
    place = shutil.copytree(recordings / "00001", tmp_path / "changed")
    weights = place / "iterations" / "00001" / "weights.0.pt"
    torch.save({name: w * 1.001 for name, w in torch.load(weights, weights_only=True).items()}, weights)
    assert main([str(place), "train"]) == 1
    printed = capsys.readouterr().out
    assert "differs" in printed and printed.endswith("not the same\n")
    outcome = replay(Recording.open(place), "rollout")
    assert not outcome.same and "response" in outcome.first


def test_the_first_difference_is_named() -> None:
    row = {"group": 2, "sample": 1, "response_ids": [4, 5, 6], "reward": float("nan"), "text": "a"}
    earlier = row | {"group": 0}
    assert first_difference([row, earlier], [earlier, row]) == ""
    assert first_difference([row], [row | {"response_ids": [4, 7, 6]}]) == (
        "response 1 of group 2: response_ids differ from place 1 on (was [5], is [7])"
    )
    assert first_difference([row], [row | {"response_ids": [4, 5]}]).endswith("place 2 on (was [6], is [])")
    assert first_difference([row], [row | {"text": "b"}]) == "response 1 of group 2: text was 'a' and is 'b'"
    assert first_difference([row], [row, earlier]) == "response 1 of group 0 is only replayed"


def test_what_is_no_recording_is_refused(recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "train"]) == 2
    assert capsys.readouterr().err.startswith(f"k15 replay: error: {tmp_path}: no recording of an iteration; give")
    place = shutil.copytree(recordings / "00001", tmp_path / "copy")
    record = json.loads((place / "record.json").read_text())
    for change, message in [
        ({"recording": 0}, "of another version"),
        ({"params": record["params"] | {"depth": 3}}, "this code cannot read"),
        ({"ranks": 2}, "--nproc-per-node 2"),
    ]:
        (place / "record.json").write_text(json.dumps(record | change))
        with pytest.raises(UserError, match=message):
            replay(Recording.open(place), "train")
    (place / "record.json").write_text(json.dumps(record))
    shard = next((place / "trajectories" / "00001").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-1])
    assert main([str(place), "train"]) == 2
    assert shard.name in capsys.readouterr().err
