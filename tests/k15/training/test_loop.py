"""A phase that is killed and started again ends where an uninterrupted one does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from k15.progress import Progress
from k15.training.batch import Batch, document, pad
from k15.training.loop import Row, curve, last_losses, run_phase
from k15.training.trainer import OptimizerParams, Trainer
from tests.k15 import tiny

PARAMS = OptimizerParams(lr=1e-2, final_lr_share=0.1, warmup_steps=2, weight_decay=0.1, clip_grad=1.0)
ROOT = Path(__file__).resolve().parents[3]


def batch_at(step: int) -> Sequence[Batch]:
    return [pad([document([8 + step, 9, 10 + step, 11])], tiny.SHAPE.image_size)]


def deadly_batch(step: int) -> Sequence[Batch]:
    """Kills the process in the fourth step."""
    if step == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return batch_at(step)


def run(trainer: Trainer, state: Path, steps: int = 5, batches: object = batch_at) -> list[Row]:
    return run_phase(trainer, "phase", steps, batches, PARAMS, state, Progress(), 2)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, list[Row]]:
    trainer = Trainer(tiny.model(), PARAMS)
    return trainer, run(trainer, tmp_path_factory.mktemp("state"))


def assert_same_weights(left: Trainer, right: Trainer) -> None:
    pairs = zip(left.model.named_parameters(), right.model.parameters(), strict=True)
    assert not [name for (name, own), other in pairs if not torch.equal(own, other)]


def test_curve(uninterrupted: tuple[Trainer, list[Row]]) -> None:
    _, rows = uninterrupted
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["lr"] for row in rows] == [PARAMS.lr_at(step, 5) for step in range(5)]
    assert [row["tokens"] for row in rows] == [3, 6, 9, 12, 15]
    assert {row["phase"] for row in rows} == {"phase"}
    assert last_losses(rows) == {"phase": rows[-1]["loss"]}


def test_killed_and_resumed(uninterrupted: tuple[Trainer, list[Row]], tmp_path: Path) -> None:
    trainer, rows = uninterrupted
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    killed = subprocess.run([sys.executable, __file__, str(tmp_path)], env=environment, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    assert (tmp_path / "phase.pt").is_file()
    asked: list[int] = []

    def recorded(step: int) -> Sequence[Batch]:
        asked.append(step)
        return batch_at(step)

    resumed = Trainer(tiny.model(seed=2), PARAMS)
    assert run(resumed, tmp_path, batches=recorded) == rows
    assert asked == [2, 3, 4]  # saved after two steps, killed in the fourth
    assert_same_weights(resumed, trainer)


def test_finished_phase_is_not_run_again(uninterrupted: tuple[Trainer, list[Row]], tmp_path: Path) -> None:
    trainer, rows = uninterrupted
    assert run(Trainer(tiny.model(), PARAMS), tmp_path) == rows
    again = Trainer(tiny.model(seed=2), PARAMS)

    def never(step: int) -> Sequence[Batch]:
        raise AssertionError(f"step {step} is run again")

    assert run(again, tmp_path, batches=never) == rows
    assert_same_weights(again, trainer)


def test_nothing_to_do(tmp_path: Path) -> None:
    assert run(Trainer(tiny.model(), PARAMS), tmp_path, steps=0) == []


if __name__ == "__main__":
    run(Trainer(tiny.model(), PARAMS), Path(sys.argv[1]), batches=deadly_batch)


def test_steps_count_on_through_the_phases() -> None:
    rows: list[Row] = [{"phase": "a", "step": 1}, {"phase": "a", "step": 2}, {"phase": "b", "step": 1}]
    assert [(row["phase"], row["step"]) for row in curve(rows)] == [("a", 1), ("a", 2), ("b", 3)]
