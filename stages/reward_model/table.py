"""How often both reward models are right; `python -m stages.reward_model.table` shows what the last run measured,
beside the paper's figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from k15.errors import UserError

Row = dict[str, Any]
MODELS = ("classic", "cot")
PAPER = {"classic": 84.4, "cot": 98.5}
"""Spot-check accuracy in %, after training on hundreds of thousands of judged answers (§2.3.5)."""
NAMES = {"classic": "value head", "cot": "chain of thought"}


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Accuracy of each model, in all and by form; an `error` is no right judgement, and is counted besides."""
    forms = sorted({row["form"] for row in rows})
    return {
        "accuracy": {model: _accuracy(rows, model) for model in MODELS},
        "errors": {model: sum(row[model] == "error" for row in rows) for model in MODELS},
        "forms": {
            form: {model: _accuracy((row for row in rows if row["form"] == form), model) for model in MODELS}
            for form in forms
        },
    }


def _accuracy(rows: Iterable[Row], model: str) -> float:
    right = [row[model] == row["label"] for row in rows]
    return round(sum(right) / len(right), 4)


def table(metrics: dict[str, Any]) -> str:
    """Accuracy in %, with the 95 % interval (Wilson's) of this run's, in all and by form."""
    count = metrics["heldout"]
    lines = [f"{'reward model':18}{'paper':>8}{'this run':>10}   95 % interval, on {count} held-out answers"]
    for model in MODELS:
        accuracy, errors = metrics["accuracy"][model], metrics["errors"][model]
        low, high = _interval(accuracy, count)
        failed = f"   {errors} without a verdict" if errors else ""
        lines.append(
            f"{NAMES[model]:18}{PAPER[model]:8.1f}{100 * accuracy:10.1f}   {100 * low:.1f} to {100 * high:.1f}{failed}"
        )
    lines += ["", f"{'answers written as':18}" + "".join(f"{NAMES[model]:>18}" for model in MODELS)]
    for form, accuracies in metrics["forms"].items():
        lines.append(f"{form:18}" + "".join(f"{100 * accuracies[model]:18.1f}" for model in MODELS))
    return "\n".join(lines)


def _interval(share: float, count: int, z: float = 1.96) -> tuple[float, float]:
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    width = z * (share * (1 - share) / count + (z / (2 * count)) ** 2) ** 0.5 / (1 + z * z / count)
    return centre - width, centre + width


def main(root: Path) -> None:
    try:
        metrics = json.loads((root / "metrics" / "reward_model.json").read_text("utf-8"))
    except FileNotFoundError:
        raise UserError("metrics/reward_model.json is missing; run `make reward-models`") from None
    print(table(metrics))


if __name__ == "__main__":
    try:
        main(Path("."))
    except UserError as error:
        sys.exit(f"k15 reward_model: error: {error}")
