"""The training loop of a phase: steps, checkpoints, progress, curve.

A phase's data is a function of the step number, so that resuming needs no iterator state. A killed phase continues
from its last checkpoint in the stage's state directory; a finished one is not run again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from k15.progress import Progress
from k15.training.batch import Batch
from k15.training.trainer import OptimizerParams, Trainer

Row = dict[str, float | str]


def run_phase(
    trainer: Trainer,
    label: str,
    steps: int,
    batch_at: Callable[[int], Sequence[Batch]],
    optimizer: OptimizerParams,
    state: Path,
    progress: Progress,
    save_every: int,
    **step_options: Any,
) -> list[Row]:
    """Train for `steps` on `batch_at(step)`; returns the curve: one row a step with phase, step, loss, lr,
    grad_norm and tokens (or what else `count_of` counts) so far. `step_options` go to `Trainer.step`."""
    file = state / f"{label}.pt"
    rows: list[Row] = []
    if file.exists():
        rows = trainer.load(file)["rows"]
        progress.log(f"{label}: resumed at step {len(rows)} of {steps}")
    tokens = float(rows[-1]["tokens"]) if rows else 0.0
    with progress.task(label, steps) as bar:
        bar.advance(len(rows))
        for step in range(len(rows), steps):
            lr = optimizer.lr_at(step, steps)
            figures = trainer.step(batch_at(step), lr, **step_options)
            tokens += figures["count"]
            rows.append(
                {
                    "phase": label,
                    "step": step + 1,
                    "loss": round(figures["loss"], 5),
                    "lr": lr,
                    "grad_norm": round(figures["grad_norm"], 5),
                    "tokens": tokens,
                }
            )
            bar.advance(loss=figures["loss"])
            if (step + 1) % save_every == 0 or step + 1 == steps:
                trainer.save(file, rows=rows)
    return rows


def curve(rows: Sequence[Row]) -> list[Row]:
    """The rows of consecutive phases as one curve, whose steps count on through all of them."""
    return [{**row, "step": number} for number, row in enumerate(rows, 1)]


def last_losses(rows: Sequence[Row]) -> dict[str, float]:
    """The loss at the last step of every phase of a curve."""
    return {str(row["phase"]): float(row["loss"]) for row in rows}
