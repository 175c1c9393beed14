"""The face of a stage: results, failures, signals, resumption."""

import errno
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from k15.artifacts import Producer, read_manifest, write_dataset
from k15.errors import UserError
from k15.model import parallel
from k15.params import Params
from k15.stage import Context, Stage, main

ROOT = Path(__file__).parents[2]


class Toy(Params):
    steps: int = Field(ge=1)


class Shape(Params):
    width: int = 4


Run = Callable[[Toy, Context], dict[str, Any]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text("toy:\n  steps: 3\nshape:\n  width: 8\n")
    return tmp_path


def run(root: Path, body: Run, *arguments: str, variants: tuple[str, ...] = ()) -> int:
    return main(Stage("toy", Toy, body, variants, ("shape",)), [*arguments, "--root", str(root)])


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_metrics_timing_plots_and_the_resolved_params(root: Path) -> None:
    def body(params: Toy, context: Context) -> dict[str, Any]:
        context.params(Shape, "shape")
        row = {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [params.steps], "lengths": [1]}
        producer = context.producer(params, [])
        write_dataset(context.artifact("toy/tokens"), "tokens", [row], producer=producer)
        context.publish_plot("loss", [{"step": 0, "loss": 2.5}])
        return {"loss": 1.5, "by_domain": {"math": 2}}

    assert run(root, body) == 0
    assert read(root / "metrics" / "toy.json") == {"loss": 1.5, "by_domain": {"math": 2}}
    assert list(read(root / "metrics" / "timing" / "toy.json")) == ["seconds"]
    assert read(root / "plots" / "toy.loss.json") == [{"step": 0, "loss": 2.5}]
    manifest = read_manifest(root / "artifacts" / "toy" / "tokens")
    assert (manifest.stage, manifest.params) == ("toy", {"toy": {"steps": 3}, "shape": {"width": 8}})


def test_seconds_of_phases_are_in_the_timing(root: Path) -> None:
    rows = [{"iteration": 1, "rollout": 2.5}, {"iteration": 2, "rollout": 2.0}]

    def body(params: Toy, context: Context) -> dict[str, Any]:
        context.publish_seconds(rows)
        return {}

    assert run(root, body) == 0
    assert read(root / "metrics" / "timing" / "toy.json")["phases"] == rows
    assert list(read(root / "metrics" / "toy.json")) == []


def test_recordings_outlive_the_stage(root: Path) -> None:
    def body(params: Toy, context: Context) -> dict[str, Any]:
        context.resumable(params, [])
        context.recordings.mkdir(parents=True)
        return {}

    assert run(root, body) == 0
    assert (root / "recordings" / "toy").is_dir() and not (root / "state" / "toy").exists()


def test_a_variant(root: Path) -> None:
    seen: list[Context] = []

    def body(params: Toy, context: Context) -> dict[str, Any]:
        seen.append(context)
        assert context.producer(params, []).params == {"toy": {"steps": 3}}
        return {}

    assert run(root, body, "merge", variants=("merge", "dpo")) == 0
    assert (seen[0].name, seen[0].variant) == ("toy.merge", "merge")
    assert (root / "metrics" / "toy.merge.json").exists()
    with pytest.raises(SystemExit) as caught:
        run(root, body, "average", variants=("merge", "dpo"))
    assert caught.value.code == 2


def failing(error: BaseException) -> Run:
    def body(params: Toy, context: Context) -> dict[str, Any]:
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UserError("no source; add\none"), 2, "error: no source; add one"),
        (OSError(errno.ENOSPC, "x"), 2, "error: no space left on the disk; free some and run it again"),
        (RuntimeError("write: No space left on device"), 2, "error: no space left on the disk; free some"),
        (OSError(errno.EROFS, "x", "/data/a"), 2, "error: /data/a: the file system is read-only"),
        (PermissionError(errno.EACCES, "x", "/data/a"), 2, "error: /data/a: permission denied"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_a_failure_is_one_line(
    root: Path, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, message: str
) -> None:
    assert run(root, failing(error)) == code
    captured = capsys.readouterr()
    assert captured.err.startswith(f"k15 toy: {message}")
    assert (captured.err.count("\n"), captured.out) == (1, "")
    assert not (root / "metrics").exists()


def test_bad_params_are_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "params.yaml").write_text("toy:\n  steps: 0\n")
    assert run(root, failing(AssertionError())) == 2
    assert capsys.readouterr().err == "k15 toy: error: params.yaml: toy.steps must be at least 1 (got 0)\n"


def test_one_of_several_ranks_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parallel.initialize()  # this process is in a group, of one: nothing waits for its end
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert run(root, failing(AssertionError())) == 2
    message = "WORLD_SIZE is 2, this stage runs on one rank; start it without torchrun"
    assert capsys.readouterr().err == f"k15 toy: error: {message}\n"


def test_a_defect_keeps_its_traceback(root: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run(root, failing(ZeroDivisionError()))


def test_metrics_that_are_not_finite_are_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, lambda params, context: {"loss": {"math": [1.0, float("nan")]}}) == 2
    assert "metric.loss.math.1 is nan: the run diverged" in capsys.readouterr().err
    assert not (root / "metrics").exists()


def test_a_section_that_the_stage_does_not_declare(root: Path) -> None:
    with pytest.raises(ValueError, match="reads section rl without declaring it"):
        run(root, lambda params, context: {"width": context.params(Shape, "rl").width})


COUNTING_STAGE = """
import os, pathlib, sys, time
from k15.artifacts import write_dataset
from k15.artifacts.storage import write_json
from k15.params import Params
from k15.stage import Stage, main

class Toy(Params):
    steps: int

def run(params, context):
    parent = context.artifact("curate/tokens")
    saved = context.resumable(params, [parent]) / "done"
    done = int(saved.read_text()) if saved.exists() else 0
    first = done
    try:
        while done < params.steps:
            done += 1
            saved.write_text(str(done))
            if done == 2 and first == 0:
                print("two", flush=True)
                time.sleep(600)
    finally:
        (context.root / "cleaned").touch()
    row = {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [done], "lengths": [1]}
    write_dataset(context.artifact("toy"), "tokens", [row], producer=context.producer(params, [parent]))
    return {"first": first}

sys.exit(main(Stage("toy", Toy, run, sections=("shape",))))
"""


def start(root: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", COUNTING_STAGE, "--root", str(root)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def interrupt(root: Path, number: signal.Signals) -> tuple[int, str]:
    process = start(root)
    assert process.stdout is not None
    assert process.stdout.readline() == "two\n"
    process.send_signal(number)
    return process.wait(), process.communicate()[1]


def finish(root: Path) -> int:
    process = start(root)
    process.communicate()
    assert process.returncode == 0
    assert not (root / "state" / "toy").exists()
    return int(read(root / "metrics" / "toy.json")["first"])


def starts_afresh(root: Path) -> bool:
    process = start(root)
    assert process.stdout is not None
    says = process.stdout.readline()  # nothing, at its end, if it had continued
    process.kill()
    process.communicate()
    return says == "two\n"


@pytest.fixture
def inputs(root: Path) -> Path:
    write_input(root, 1)
    return root


def write_input(root: Path, value: int) -> None:
    row = {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [value], "lengths": [1]}
    path = root / "artifacts" / "curate" / "tokens"
    write_dataset(path, "tokens", [row], producer=Producer("curate", {}))


@pytest.mark.parametrize(
    ("number", "code", "message", "cleaned"),
    [
        (signal.SIGTERM, 143, "k15 toy: terminated\n", True),
        (signal.SIGINT, 130, "k15 toy: interrupted\n", True),
        (signal.SIGKILL, -9, "", False),
    ],
)
def test_an_interrupted_stage_continues_where_it_was(
    inputs: Path, number: signal.Signals, code: int, message: str, cleaned: bool
) -> None:
    assert interrupt(inputs, number) == (code, message)
    assert (inputs / "cleaned").exists() == cleaned
    assert not (inputs / "metrics").exists()
    assert finish(inputs) == 2


def test_the_time_of_earlier_attempts_counts(inputs: Path) -> None:
    interrupt(inputs, signal.SIGKILL)
    record = inputs / "state" / "toy" / "fingerprint.json"
    earlier = read(record)
    assert earlier["spent"] == 0.0
    record.write_text(json.dumps(earlier | {"spent": 1000.0}))
    finish(inputs)
    assert read(inputs / "metrics" / "timing" / "toy.json")["seconds"] > 1000.0


@pytest.mark.parametrize("change", ["toy:\n  steps: 4\nshape:\n  width: 8\n", "toy:\n  steps: 3\nshape:\n  width: 9\n"])
def test_state_of_other_params_is_discarded(inputs: Path, change: str) -> None:
    interrupt(inputs, signal.SIGKILL)
    (inputs / "params.yaml").write_text(change)
    assert starts_afresh(inputs)


def test_the_time_of_imports_counts(root: Path) -> None:
    code = "import time; time.sleep(0.5)\n" + COUNTING_STAGE
    write_input(root, 1)
    (root / "params.yaml").write_text("toy:\n  steps: 1\nshape:\n  width: 8\n")
    before = time.monotonic()
    subprocess.run([sys.executable, "-c", code, "--root", str(root)], cwd=ROOT, check=True)
    seconds = read(root / "metrics" / "timing" / "toy.json")["seconds"]
    assert 0.5 < seconds < time.monotonic() - before + 0.1


def test_state_of_other_inputs_is_discarded(inputs: Path) -> None:
    interrupt(inputs, signal.SIGKILL)
    write_input(inputs, 2)
    assert starts_afresh(inputs)
