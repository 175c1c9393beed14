"""Trainers of two ranks under torchrun, tensor parallel and data parallel, feeding one and two engines: the single
process's losses, up to the rounding of sums in another order. K15_DEPLOYMENTS=http,process says where the engines run.

Their weights differ from the single process's in the last bits after the first update, so from the second iteration on
a response may, rarely, be sampled otherwise. What must agree whatever is sampled: everything of the first iteration,
and all losses on the groups of the single process's run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import torch

from k15.model import checkpoint, vlm
from tests.k15.rl.several_ranks import SHAPE
from tests.k15.rl.test_loop import PARAMS, TOKENIZER

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("several_ranks.py")
TOLERANCE = 2e-5
"""Of a loss, which is stored with five digits."""


@dataclass
class Layout:
    """One kind of trainer, and what it left behind."""

    start: Path
    out: Path
    ranks: int
    tensor_parallel: int
    deployment: str

    def run(self, *names: str) -> subprocess.CompletedProcess[str]:
        self.out.mkdir(exist_ok=True)
        torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(self.ranks))
        arguments = map(str, (SCRIPT, self.start, self.out, self.tensor_parallel, self.deployment, *names))
        return subprocess.run(
            [sys.executable, *(torchrun if self.ranks > 1 else ()), *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )

    def finish(self, *names: str) -> None:
        done = self.run(*names)
        assert done.returncode == 0, done.stderr[-4000:]

    def __getitem__(self, name: str) -> dict[str, Any]:
        result: dict[str, Any] = torch.load(self.out / f"{name}.pt")
        return result


@pytest.fixture(scope="module", params=os.environ.get("K15_DEPLOYMENTS", "process").split(","))
def deployment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def alone(deployment: str, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    start = tmp_path_factory.mktemp("start")
    checkpoint.save(start, vlm.build(SHAPE, seed=1), TOKENIZER, 0)
    layout = Layout(start, tmp_path_factory.mktemp("alone"), 1, 1, deployment)
    layout.finish("1", "2")
    return layout


@pytest.fixture(scope="module", params=[1, 2], ids=["data-parallel", "tensor-parallel"])
def layout(request: pytest.FixtureRequest, alone: Layout, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Two ranks, after a run with one engine and one with two."""
    found = Layout(alone.start, tmp_path_factory.mktemp("ranks"), 2, request.param, alone.deployment)
    found.finish("replay", "1", "2")
    return found


def assert_close(weights: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> None:
    """On average: Adam makes a whole step of a gradient that rounding alone keeps from 0."""
    for name, tensor in weights.items():
        assert (tensor - others[name]).abs().mean() < 1e-5, name


def test_the_same_groups_give_the_same_losses(layout: Layout, alone: Layout) -> None:
    replayed, expected = layout["replay"], alone["1"]
    assert len(replayed["rows"]) == PARAMS.iterations
    for row, wanted in zip(replayed["rows"], expected["rows"], strict=True):
        assert row["loss"] == pytest.approx(wanted["loss"], abs=TOLERANCE) and wanted["loss"]
        assert row["grad_norm"] == pytest.approx(wanted["grad_norm"], rel=1e-3)
        assert row["mismatch"] == pytest.approx(wanted["mismatch"], abs=1e-6)
    assert_close(replayed["weights"], expected["weights"])


@pytest.mark.parametrize("engines", ["1", "2"])
def test_live_runs_go_the_same_way(layout: Layout, alone: Layout, engines: str) -> None:
    found, expected = layout[engines], alone[engines]
    first = PARAMS.group_size * PARAMS.prompts_per_iteration
    assert found["responses"][:first] == expected["responses"][:first]
    pairs = list(zip(found["rows"], expected["rows"], strict=True))
    assert len(pairs) == PARAMS.iterations
    alike = list(takewhile(lambda pair: pair[0]["sampled_tokens"] == pair[1]["sampled_tokens"], pairs))
    assert alike
    for row, wanted in alike:
        assert row["loss"] == pytest.approx(wanted["loss"], abs=TOLERANCE)
    assert all(row["mismatch"] < 1e-4 and row["canary"] < 1e-4 and row["responses"] == first for row, _ in pairs)
    if found["responses"] == expected["responses"]:
        assert_close(found["weights"], expected["weights"])


def test_a_killed_run_of_two_ranks_ends_like_an_uninterrupted_one(layout: Layout) -> None:
    assert layout.run("1-killed").returncode != 0
    assert not (layout.out / "1-killed.pt").exists()
    layout.finish("1-killed")
    resumed, whole = layout["1-killed"], layout["1"]
    assert resumed["rows"] == whole["rows"] and resumed["responses"] == whole["responses"]
    assert all(torch.equal(tensor, whole["weights"][name]) for name, tensor in resumed["weights"].items())
