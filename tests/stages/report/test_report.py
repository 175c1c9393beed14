import json
import re
from pathlib import Path
from typing import Any

import pytest

from k15.stage import main
from k15.testcases.funnel import STEPS
from stages.report.data_sections import steps, total
from stages.report.effects import best_short, effects
from stages.report.facts import LONG2SHORT, RL_STAGES, STAGES, load
from stages.report.run import CORPUS_PAGE, PAGE, RL_PAGE, STAGE, SUMMARY
from tests.stages.report import corpus, rl_runs

ACCURACY = {
    "pretrain": (0.01, 90.0),
    "vision_language": (0.01, 91.0),
    "long_context": (0.02, 92.0),
    "sft": (0.4, 70.5),
    "sft.short": (0.45, 28.0),
    "rl": (0.7, 50.0),
    "long2short.merge": (0.6, 30.0),
    "long2short.rejection": (0.71, 45.0),
    "long2short.dpo": (0.69, 40.0),
    "long2short.rl": (0.685, 31.25),
}


def figures(accuracy: float | None, tokens: float | None = 10.0) -> dict[str, Any]:
    return {
        "pass@1": accuracy,
        "stderr": None if accuracy is None else 0.012,
        "tokens": tokens,
        "samples": 100,
    }


def evaluation() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (accuracy, tokens) in ACCURACY.items():
        suites = {suite: figures(accuracy, tokens) for suite in ("text", "math", "code", "edit", "math500")}
        suites |= {f"edit.d{level}": figures(accuracy / level, tokens) for level in (1, 2, 3)}
        suites |= {"vision": figures(0.55), "vision.blank": figures(0.13), "charts": figures(None, None)}
        suites |= {f"needle.{length}": figures(0.9 if name == "long_context" else 0.1) for length in (64, 512)}
        found[name] = suites
    return found


def stored_run(root: Path) -> Path:
    """A repository after all stages but the report."""
    metrics: dict[str, Any] = {stage: {"seed": 1} for stage in STAGES}
    metrics["curate"] = corpus.METRICS
    metrics["pretrain"] = {
        "validation_loss": {"code": {"before": 6.2, "after": 2.1}, "math": {"before": 6.1, "after": 1.9}}
    }
    metrics["vision_language"] = {
        "text_validation_loss": {"code": {"before": 2.1, "after": 2.15}, "math": {"before": 1.9, "after": 1.2}}
    }
    metrics["prompts"] = {
        "candidates": 10,
        "kept": 6,
        "reasons": {"trivial": 4},
        "pass_rates": {"0.0": 3, "1.0": 4},
        "labels": {"hard": 6},
        "families": {"edit": 6},
        "test_cases": {
            "left_out": "",
            "funnel": dict(zip(STEPS, [8, 6, 6, 6, 5, 4], strict=True)),
            "reasons": {"special-judge": 2, "few-valid-cases": 1, "submissions-disagree": 1},
            "cases": 300,
            "valid_cases": 280,
            "case_reasons": {},
        },
    }
    metrics["evaluate"] = evaluation()
    for number, stage in enumerate(STAGES):
        write(root / "metrics" / f"{stage}.json", metrics[stage])
        timing = {"seconds": 10.5 + number} | ({"phases": rl_runs.phases()} if stage in RL_STAGES else {})
        write(root / "metrics" / "timing" / f"{stage}.json", timing)
    for stage in RL_STAGES:
        write(root / "plots" / f"{stage}.training.json", rl_runs.curve())
    rl_runs.write_trajectories(root)
    (root / "params.yaml").write_text("report:\n  title: A <test> run\nrl:\n  seed: 7\n")
    lock = {"stages": {"curate": {"cmd": "x", "outs": [{"path": "artifacts/curate", "md5": "abc.dir"}]}}}
    write(root / "dvc.lock", lock)  # JSON is YAML
    corpus.write_artifacts(root)
    return root


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def embedded(page: str) -> Any:
    match = re.search(r'<script type="application/json" id="facts">(.*?)</script>', page, re.DOTALL)
    assert match
    return json.loads(match[1])


def test_the_page_holds_the_stored_figures(tmp_path: Path) -> None:
    root = stored_run(tmp_path)
    assert main(STAGE, ["--root", str(root)]) == 0
    page = (root / PAGE).read_text()
    facts = embedded(page)
    for stage in STAGES:
        assert facts["metrics"][stage] == json.loads((root / "metrics" / f"{stage}.json").read_text())
    for stage in RL_STAGES:
        stored = json.loads((root / "plots" / f"{stage}.training.json").read_text())
        assert facts["plots"][f"{stage}.training"] == stored
    assert facts["phases"]["rl"] == rl_runs.phases()
    assert facts["timing"] == json.loads((root / "metrics" / "timing.json").read_text())
    assert facts["lock"] == {"curate": {"artifacts/curate": "abc.dir"}}
    assert facts["params"]["rl"] == {"seed": 7}
    assert facts["artifacts"]["curate/rejections"]["rows"] == 8
    assert json.loads((root / "metrics" / "report.json").read_text()) == {"effects": {"met": 9, "expected": 9}}


def test_the_page_is_self_contained_and_escaped(tmp_path: Path) -> None:
    root = stored_run(tmp_path)
    main(STAGE, ["--root", str(root)])
    assert "<h1>A &lt;test&gt; run</h1>" in (root / PAGE).read_text()
    for page in ((root / name).read_text() for name in (PAGE, RL_PAGE, CORPUS_PAGE)):
        leads_to = set(re.findall(r"(?:src|href)\s*=\s*(.{12})", page))
        assert leads_to <= {'"rl.html">Mi', '"corpus.html', '"index.html"', '"data:image/'}
        assert not re.search(r"url\(|@import|https?://", page)
        assert "nan" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL).lower().split()


def test_shown_figures_are_the_stored_ones(tmp_path: Path) -> None:
    root = stored_run(tmp_path)
    main(STAGE, ["--root", str(root)])
    page, table = (root / PAGE).read_text(), (root / SUMMARY).read_text()
    for name, (accuracy, tokens) in ACCURACY.items():
        row = next(line for line in table.splitlines() if line.startswith(f"{name} "))
        assert row.split()[1:4] == [f"{accuracy * 100:.1f}%", "1.2%", f"{tokens:.1f}"]
        assert f"<td>{name}</td><td>{accuracy * 100:.1f}% <small>±1.2</small></td>" in page
    assert "long2short.rl: 31.25 tokens per response, 0.685" in page


def test_the_yield_of_test_cases_stands_beside_the_papers(tmp_path: Path) -> None:
    root = stored_run(tmp_path)
    main(STAGE, ["--root", str(root)])
    page = (root / PAGE).read_text()
    steps = ["comparable outputs</td><td>6</td><td>75%</td><td>614</td><td>61%"]
    steps += ["kept</td><td>4</td><td>50%</td><td>323</td><td>32%"]
    assert all(step in page for step in steps)
    assert sorted(STEPS, key=lambda step: page.index(f"<td>{step}</td>")) == list(STEPS)
    assert "300 inputs, 280 valid cases" in page


def test_effects_are_measured_by_hand(tmp_path: Path) -> None:
    facts = load(stored_run(tmp_path))
    measured = {effect.claim: (effect.measured, effect.met) for effect in effects(facts)}
    assert measured["pass@1 at least 20 points above sft"] == ("40.0% → 70.0% (+30.0 points)", True)
    assert measured["validation loss falls in every domain"] == ("in 2 of 2", True)
    assert measured["needle retrieval at 512 tokens from under 20% to at least 80%"] == (
        "10.0% → 90.0%",
        True,
    )
    # long2short.rl: 0.685 is within 0.02 of 0.7, at 31.25 of 50 tokens; dpo and rejection are longer.
    assert best_short(facts) == "long2short.rl"
    claim = "within 2 points of rl at no more than 65% of its tokens"
    assert measured[claim] == ("long2short.rl: -1.5 points at 62.5% of the tokens", True)


def test_the_funnel_adds_up_by_hand(tmp_path: Path) -> None:
    facts = load(stored_run(tmp_path))
    code = total(facts.metrics["curate"]["funnel"]["code"])
    assert code["rejected"] == {"repetition": 10, "too_short": 20}
    assert steps(code) == {"read": 200, "after rules": 170, "after exact": 162, "after near-duplicates": 160}
    assert code["kept"] == 160


def test_a_missed_effect_is_shown_as_missed(tmp_path: Path) -> None:
    root = stored_run(tmp_path)
    found = evaluation()
    for name in LONG2SHORT:
        found[name]["text"] = figures(0.5 if name == "long2short.dpo" else 0.4, 20.0)
    found["rl"]["text"] = figures(0.55, 50.0)
    write(root / "metrics" / "evaluate.json", found)
    facts = load(root)
    assert best_short(facts) == "long2short.dpo"
    missed = [effect.stage for effect in effects(facts) if not effect.met]
    assert missed == ["rl", "long2short"]


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("metrics/sft.json", "sft"),
        ("metrics/long2short.dpo.json", "long2short@dpo"),
        ("metrics/timing/curate.json", "curate"),
        ("plots/rl.training.json", "rl"),
        ("plots/long2short.rl.training.json", "long2short@rl"),
    ],
)
def test_missing_figures_name_their_stage(tmp_path: Path, capsys, path: str, stage: str) -> None:
    root = stored_run(tmp_path)
    (root / path).unlink()
    assert main(STAGE, ["--root", str(root)]) == 2
    error = capsys.readouterr().err
    assert f"stage {stage} has left no" in error and f"dvc repro {stage}" in error
    assert not (root / PAGE).exists()


def test_damaged_figures_name_their_stage(tmp_path: Path, capsys) -> None:
    root = stored_run(tmp_path)
    (root / "metrics" / "rl.json").write_text('{"a": ')
    assert main(STAGE, ["--root", str(root)]) == 2
    assert "metrics/rl.json of stage rl is damaged" in capsys.readouterr().err
