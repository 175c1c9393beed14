"""The ablations' page: a sentence for every claim, the curves behind it, and the figures of every arm."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from pipelines.ablations.judgement import Curves, Finding, Spread, final_accuracy, final_length, sampled, validated
from stages.report import charts
from stages.report.markup import Cell, card, document, grid, legend, prose, section, table


def write(path: Path, curves: Curves, findings: Sequence[Finding]) -> None:
    body = "".join([_claims(findings), *(_plots(finding, curves) for finding in findings), _arms(curves)])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document("k15: ablations", f"<h1>Ablations</h1>{body}"), encoding="utf-8")


def _claims(findings: Sequence[Finding]) -> str:
    rows: list[list[Cell | str]] = [
        [
            prose(f.claim.text),
            f.verdict,
            f"{f.claim.ahead} {_share(f.ahead)}",
            f"{f.claim.behind} {_share(f.behind)}",
            f"{f.difference * 100:+.1f} ± {f.error * 100:.1f}",
        ]
        for f in findings
    ]
    note = (
        "Held-out accuracy, mean of the last two validations (or at the same number of sampled tokens), over seeds; "
        "± is a standard error. A claim counts as reproduced or contradicted from two standard errors on."
    )
    return section("Claims", note, table(["claim", "here", "arm", "against", "points"], rows))


def _plots(finding: Finding, curves: Curves) -> str:
    arms = (finding.claim.ahead, finding.claim.behind)
    panels = [
        card("held-out accuracy by sampled tokens", _lines(arms, curves, "tokens")),
        card("held-out accuracy by iteration", _lines(arms, curves, "iteration")),
        card("tokens of a held-out response by iteration", _lines(arms, curves, "length")),
    ]
    names = legend([(arm, number) for number, arm in enumerate(arms)])
    return section(finding.claim.text, f"{finding.sentence}.", names + grid(panels))


def _lines(arms: Sequence[str], curves: Curves, what: str) -> str:
    series = [
        charts.Series(arm, points, errors, colour)
        for colour, arm in enumerate(arms)
        for points, errors in [_points(curves, arm, what)]
    ]
    title = "response length" if what == "length" else "held-out accuracy"
    label = "tokens sampled" if what == "tokens" else "iteration"
    form = charts.plain if what == "length" else charts.percent
    return charts.lines(series, title=title, x_label=label, y_label=title, y_format=form)


def _points(curves: Curves, arm: str, what: str) -> tuple[list[tuple[float, float]], list[float]]:
    """Means over the seeds, and their deviations."""
    if what == "tokens":
        by_seed = [validated(rows) for rows in curves[arm]]
    else:
        column = {"iteration": "heldout_accuracy", "length": "heldout_length"}[what]
        by_seed = [[(row["iteration"], row[column]) for row in rows if column in row] for rows in curves[arm]]
    points, errors = [], []
    for group in zip(*by_seed, strict=True):
        points.append((statistics.fmean(x for x, _ in group), statistics.fmean(y for _, y in group)))
        errors.append(statistics.stdev(y for _, y in group))
    return points, errors


def _arms(curves: Curves) -> str:
    rows: list[list[Cell | str]] = [
        [
            arm,
            _share(Spread(tuple(final_accuracy(rows) for rows in seeds))),
            f"{statistics.fmean(map(final_length, seeds)):.0f}",
            f"{statistics.fmean(sampled(rows)[-1] for rows in seeds):,.0f}",
            ", ".join(f"{final_accuracy(rows):.1%}" for rows in seeds),
        ]
        for arm, seeds in curves.items()
    ]
    header = ["arm", "held-out accuracy", "its length", "tokens sampled", "by seed"]
    return section("Arms", "Mean and standard deviation over the seeds.", table(header, rows))


def _share(values: Spread) -> str:
    return f"{values.mean:.1%} ± {values.deviation * 100:.1f}"
