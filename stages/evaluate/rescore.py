"""Score the stored samples again, offline: no model, no engine, nothing rewritten.

Tells which verdicts today's verifiers would change, and whether metrics/evaluate.json says what the samples
say.
"""

import json
from pathlib import Path
from typing import Any

from k15.artifacts import read_rows
from k15.errors import UserError
from k15.evaluation.scoring import Figures, score_rows, summarize
from k15.evaluation.suites import pools

Summary = dict[str, dict[str, Figures]]


def rescore(root: Path) -> bool:
    """Print the figures anew; True if verdicts and metrics are unchanged."""
    stored = read_rows(root / "artifacts" / "evaluate", "sample")
    scored = score_rows(stored)
    changed = [(old, new) for old, new in zip(stored, scored, strict=True) if old["verdict"] != new["verdict"]]
    for old, new in changed[:20]:
        place = f"{old['checkpoint']} {old['suite']} {old['problem_id']} sample {old['sample']}"
        print(f"{place}: {old['verdict']} -> {new['verdict']}")
    summary = summarize(scored, pools())
    published = _metrics(root / "metrics" / "evaluate.json")
    differing = [line for line in _lines(summary, published) if line.endswith("*")]
    print("\n".join(_lines(summary, published)))
    print(f"{len(stored)} samples, {len(changed)} verdicts changed, {len(differing)} figures differ (*)")
    return not changed and not differing and set(summary) == set(published)


def _metrics(path: Path) -> Summary:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        raise UserError(f"{path}: no readable metrics there; run `dvc repro evaluate`") from None


def _lines(summary: Summary, published: Summary) -> list[str]:
    lines = [f"{'checkpoint':22}{'suite':22}{'pass@1':>8}{'stderr':>8}{'tokens':>8}{'samples':>9}"]
    for checkpoint, suites in summary.items():
        for suite, figures in suites.items():
            known: dict[str, Any] = published.get(checkpoint, {}).get(suite, {})
            cells = "".join(
                f"{'-' if figures[key] is None else format(figures[key], form):>8}"
                for key, form in (("pass@1", ".3f"), ("stderr", ".3f"), ("tokens", ".1f"))
            )
            mark = "" if known == figures else " *"
            lines.append(f"{checkpoint:22}{suite:22}{cells}{figures['samples']:>9}{mark}")
    return lines
