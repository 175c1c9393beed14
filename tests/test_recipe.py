"""The whole recipe at smoke size, through DVC, Prefect and every stage."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.graph import load_graph
from tests.pipelines.conftest import compose, copy_repository, environment, stop_server


def dvc(root: Path, *arguments: str) -> str:
    done = subprocess.run(["dvc", *arguments], cwd=root, env=environment(root), capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("recipe")
    copy_repository(root)
    compose(root, "profile=smoke")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run(["git", "-c", "user.name=k15", "-c", "user.email=k15@localhost", *command], cwd=root, check=True)
    dvc(root, "repro")
    yield root
    stop_server(root)


def test_every_stage_left_what_it_declares(reproduced: Path) -> None:
    for node in load_graph(reproduced).values():
        for path in (*node.outs, *node.metrics, *node.plots):
            assert (reproduced / path).exists(), f"{node.name}: {path}"
    assert [path.name for path in (reproduced / "state").iterdir()] == ["curate.kept"]


def test_the_report_has_the_stored_figures(reproduced: Path) -> None:
    assert (reproduced / "report/index.html").stat().st_size > 0
    evaluated = json.loads((reproduced / "metrics/evaluate.json").read_text())
    summary = (reproduced / "report/summary.txt").read_text()
    checkpoints = {"pretrain", "vision_language", "long_context", "sft", "rl"}
    checkpoints |= {f"long2short.{method}" for method in ("merge", "rejection", "dpo", "rl")}
    assert checkpoints <= set(evaluated)
    assert all(name in summary for name in checkpoints)
    timing = json.loads((reproduced / "metrics/timing.json").read_text())
    assert all(seconds > 0 for seconds in timing.values())


def test_nothing_is_left_to_do(reproduced: Path) -> None:
    assert json.loads(dvc(reproduced, "status", "--json", "dvc.yaml")) == {}
    assert "up to date" in dvc(reproduced, "repro")


def test_a_seed_of_rl_touches_rl_and_what_follows(reproduced: Path) -> None:
    params = reproduced / "params.yaml"
    before = params.read_text()
    section = before.index("\nrl:\n")
    params.write_text(before[:section] + before[section:].replace("seed:", "seed: 9", 1))
    try:
        # The report shows all parameters; what `rl` feeds becomes stale once `rl` has run.
        assert set(json.loads(dvc(reproduced, "status", "--json", "dvc.yaml"))) == {"rl", "report"}
    finally:
        params.write_text(before)


def test_a_filter_of_curation_touches_curation(reproduced: Path) -> None:
    code = reproduced / "k15/curation/filters.py"
    before, times = code.read_bytes(), code.stat()
    code.write_bytes(before + b"\n# changed\n")
    try:
        assert list(json.loads(dvc(reproduced, "status", "--json", "dvc.yaml"))) == ["curate"]
    finally:
        code.write_bytes(before)
        os.utime(code, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_metrics_and_plots_are_dvc_s(reproduced: Path) -> None:
    shown = json.loads(dvc(reproduced, "metrics", "show", "--json"))
    assert "rl" in shown[""]["data"]["metrics/evaluate.json"]["data"]
    dvc(reproduced, "plots", "show", "-o", str(reproduced / "dvc_plots"))
    assert "training loss" in (reproduced / "dvc_plots/index.html").read_text()
