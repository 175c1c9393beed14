"""What a few seeds allow to say of the paper's claims, and that every arm is a set of parameters that stages take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.hydra import compose_and_dump
from pydantic import ValidationError

from k15.model.config import ModelParams
from k15.params import load_params
from pipelines.ablations.arms import CLAIMS, AblationParams, Claim, experiment, overrides
from pipelines.ablations.judgement import accuracy_at, final_accuracy, judge, sampled, validated
from pipelines.ablations.report import write
from stages.rl.params import RLStageParams

ROOT = Path(__file__).resolve().parents[2]


def curve(*accuracies: float | None, tokens: int = 100) -> list[dict[str, Any]]:
    """One row an iteration; None: not validated."""
    rows = []
    for number, accuracy in enumerate(accuracies, start=1):
        row: dict[str, Any] = {"iteration": number, "sampled_tokens": tokens, "length": 10.0}
        rows.append(row if accuracy is None else row | {"heldout_accuracy": accuracy, "heldout_length": 9.0})
    return rows


def test_a_row_is_measured_before_its_iteration_and_the_last_after_it() -> None:
    rows = curve(0.1, None, 0.3, 0.5)
    assert sampled(rows) == [100, 200, 300, 400]
    assert validated(rows) == [(0, 0.1), (200, 0.3), (400, 0.5)]
    assert final_accuracy(rows) == pytest.approx(0.4)
    assert accuracy_at(rows, 100) == pytest.approx(0.2)
    assert accuracy_at(rows, 300) == pytest.approx(0.4)
    assert accuracy_at(rows, 900) == 0.5


BETTER = Claim("a is better", "a", "b")
LEVEL = Claim("a is level", "a", "b", level=True)


@pytest.mark.parametrize(
    ("claim", "ahead", "behind", "verdict"),
    [
        (BETTER, (0.70, 0.71, 0.72), (0.60, 0.61, 0.62), "reproduced"),
        (BETTER, (0.60, 0.61, 0.62), (0.70, 0.71, 0.72), "contradicted"),
        (BETTER, (0.60, 0.70, 0.80), (0.60, 0.68, 0.78), "not separable at this size"),
        (LEVEL, (0.60, 0.61, 0.62), (0.60, 0.61, 0.62), "reproduced"),
        (LEVEL, (0.70, 0.71, 0.72), (0.60, 0.61, 0.62), "reproduced"),
        (LEVEL, (0.50, 0.51, 0.52), (0.60, 0.61, 0.62), "contradicted"),
        (LEVEL, (0.50, 0.60, 0.70), (0.50, 0.61, 0.72), "not separable at this size"),
    ],
)
def test_verdicts(claim: Claim, ahead: tuple[float, ...], behind: tuple[float, ...], verdict: str) -> None:
    curves = {"a": [curve(x, x) for x in ahead], "b": [curve(x, x) for x in behind]}
    finding = judge(claim, curves)
    assert finding.verdict == verdict
    assert verdict in finding.sentence and "over 3 seeds" in finding.sentence


def test_the_standard_error_of_a_difference() -> None:
    """Deviation 0.01 each, so 0.01/√3 each, together 0.01·√(2/3)."""
    found = judge(
        BETTER, {"a": [curve(x, x) for x in (0.3, 0.31, 0.32)], "b": [curve(x, x) for x in (0.2, 0.21, 0.22)]}
    )
    assert found.difference == pytest.approx(0.1) and found.error == pytest.approx(0.01 * (2 / 3) ** 0.5)


def test_per_token_compares_after_as_many_tokens() -> None:
    """At 200 tokens: the arm of 50 a row has its last figure, the other one its first after two rows."""
    claim = Claim("per token", "few", "many", level=True, measure="per_token")
    few, many = curve(0.0, 0.1, 0.2, 0.4, tokens=50), curve(0.0, 0.2, 0.4, 0.8, tokens=100)
    finding = judge(claim, {"few": [few, few], "many": [many, many]})
    assert finding.ahead.values == (0.4, 0.4)
    assert finding.behind.values == (0.4, 0.4)  # before its third row
    assert finding.verdict == "reproduced"


def test_the_page_shows_every_claim(tmp_path: Path) -> None:
    curves = {arm: [curve(0.1, 0.2), curve(0.2, 0.3)] for claim in CLAIMS for arm in (claim.ahead, claim.behind)}
    findings = [judge(claim, curves) for claim in CLAIMS]
    write(tmp_path / "ablations.html", curves, findings)
    page = (tmp_path / "ablations.html").read_text()
    assert page.count("<svg") == 3 * len(CLAIMS)
    assert all(claim.ahead in page for claim in CLAIMS)


def test_every_arm_is_parameters_that_the_stages_take(tmp_path: Path) -> None:
    params = load_params(AblationParams, "ablations", ROOT)
    for arm in params.arms:
        changes = overrides(params, arm, 3)
        compose_and_dump(tmp_path / "params.yaml", str(ROOT / "conf"), None, "config", None, changes)
        found = load_params(RLStageParams, "rl", tmp_path)
        load_params(ModelParams, "model", tmp_path)
        assert found.seed == 3
        assert ((found.partial is not None), (found.rounds is not None)) == (arm == "partial", arm == "rounds")
    assert len({experiment(arm, seed) for arm in params.arms for seed in params.seeds}) == 21


def test_a_claim_without_its_arm_is_refused() -> None:
    section = yaml.safe_load((ROOT / "params.yaml").read_text())["ablations"]
    section["arms"].pop("rest")
    with pytest.raises(ValidationError, match=r"arms\.rest is missing"):
        AblationParams(**section)
