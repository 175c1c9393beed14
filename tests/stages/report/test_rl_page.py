"""The report's RL page: its charts show the curve's columns, its samples the trajectories."""

import re
from html import escape
from pathlib import Path
from typing import Any

import pytest

from stages.report.rl_page import render
from stages.report.rl_panels import PANELS, panels, phase_panels
from stages.report.rl_samples import load as load_samples
from tests.stages.report import rl_runs
from tests.stages.report.test_report import load, stored_run


def tips(drawing: str, name: str) -> list[str]:
    return re.findall(rf"<title>{re.escape(name)}: (.*?)</title>", drawing)


def drawn(title: str, rows: list[dict[str, Any]]) -> str:
    (panel,) = [panel for panel in PANELS if panel.title.startswith(title)]
    return "".join(panels(rows, [panel]))


def test_panels_show_the_stored_figures() -> None:
    rows = rl_runs.curve()
    assert tips(drawn("Accuracy", rows), "held-out problems") == [
        "iteration 1, 38% (0.375)",
        "iteration 3, 50% (0.5)",
    ]
    ends = drawn("How responses ended", rows)
    assert tips(ends, "stop")[0] == "iteration 1, 62% (0.625)"  # what is neither cut off nor repeated
    assert tips(ends, "length")[0] == "iteration 1, 25% (0.25)" and not tips(ends, "age")
    mismatch = drawn("Mismatch", rows)
    assert tips(mismatch, "largest")[0] == "iteration 1, 3e-05 (3e-05)"
    assert re.findall(r'class="tick"[^>]*>(1e-\d+)<', mismatch) == ["1e-07", "1e-06", "1e-05", "1e-04"]
    assert tips(mismatch, "canaries")[0] == "iteration 1, 1e-07 (1e-07)"
    factor = drawn("Factor between", rows)
    assert tips(factor, "mean factor − 1")[0] == "iteration 1, 2e-06 (2e-06)"
    assert tips(factor, "KL estimate")[0] == "iteration 1, 2e-12 (2e-12)"
    assert tips(drawn("What was sampled", rows), "hard")[0] == "iteration 1, 25% (0.25)"


def test_panels_without_their_columns_are_left_out() -> None:
    rows = rl_runs.curve()
    for row in rows:
        row["carried_responses"] = row["carried_tokens"] = row["in_parts"] = 0
        del row["share_hard"], row["share_easy"]
    page = "".join(panels(rows))
    assert "Partial rollouts" not in page and "What was sampled" not in page and "Trained tokens" not in page
    assert "Success rates" in page and "Loss" in page


def test_time_by_phase() -> None:
    by_iteration, whole = phase_panels(rl_runs.phases())
    assert tips(by_iteration, "weights") == [f"iteration {n}, 0.04 (0.04)" for n in (1, 2, 3)]
    assert "6.0 s, 51.7%" in whole  # rollout: 3 × 2.0 of 3 × 3.87 (`to_rollout` is the sum of others)


def test_sample_responses(tmp_path: Path) -> None:
    root = stored_run(tmp_path)
    samples = load_samples(root)
    assert [(s.iteration, s.prompt["family"], s.size) for s in samples] == [
        (n, family, 3)
        for n, family in ((1, "edit"), (1, "charts"), (2, "edit"), (2, "charts"), (3, "code"), (3, "code"))
    ]
    assert all([r["verdict"] for r in s.responses] == ["correct", "wrong"] for s in samples)
    assert samples[0].success == pytest.approx(1 / 3)
    page = render(load(root), samples)
    for sample in samples:
        for response in sample.responses:
            assert escape(response["text"]) in page and response["text"] not in page
    assert "correct, reward 1.250; 6 tokens (policy 1: 2, policy 2: 4); ended by stop" in page
    assert page.count('src="data:image/png;base64,') == 2
    assert "Count the islands." in page
    assert page.index("Iteration 1<") < page.index("Iteration 2<") < page.index("Iteration 3<")


def test_axes_of_shares_end_with_none_and_all() -> None:
    rows = [row | {"accuracy": 0.0, "heldout_accuracy": 0.0} for row in rl_runs.curve()]
    ticks = re.findall(r'class="tick"[^>]*>(-?\d+)%<', drawn("Accuracy", rows))
    assert ticks == ["0", "20", "40", "60", "80", "100"]
