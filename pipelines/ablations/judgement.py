"""From curves to sentences: what a few seeds allow to say, and no more."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipelines.ablations.arms import Claim, Measure

Row = dict[str, Any]
Curve = Sequence[Row]
"""`plots/rl.training.json` of one run."""
Curves = Mapping[str, Sequence[Curve]]
"""Arm -> its runs."""


@dataclass(frozen=True)
class Spread:
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def deviation(self) -> float:
        """Of the seeds (n − 1)."""
        return statistics.stdev(self.values)

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return self.deviation / math.sqrt(len(self.values))


@dataclass(frozen=True)
class Finding:
    claim: Claim
    ahead: Spread
    behind: Spread
    verdict: str
    """reproduced | not separable at this size | contradicted"""

    @property
    def difference(self) -> float:
        return self.ahead.mean - self.behind.mean

    @property
    def error(self) -> float:
        return math.hypot(self.ahead.error, self.behind.error)

    @property
    def sentence(self) -> str:
        claim, seeds = self.claim, len(self.ahead.values)
        figures = f"{claim.ahead} {self.ahead.mean:.1%}, {claim.behind} {self.behind.mean:.1%}"
        margin = f"{self.difference * 100:+.1f} ± {self.error * 100:.1f} points over {seeds} seeds"
        return f"{claim.text}: {self.verdict}; {figures}, a difference of {margin}"


def judge(claim: Claim, curves: Curves) -> Finding:
    """A difference counts from two standard errors on. Level: reproduced if the arm that costs less is not behind by
    two standard errors and they are known to within 5 points (else nothing can be said), contradicted if it is
    behind."""
    compared = [curves[claim.ahead], curves[claim.behind]]
    ahead, behind = (Spread(tuple(_values(seeds, compared, claim.measure))) for seeds in compared)
    finding = Finding(claim, ahead, behind, "")
    low = finding.difference - 2 * finding.error
    high = finding.difference + 2 * finding.error
    if high < 0:
        verdict = "contradicted"
    elif claim.level:
        verdict = "reproduced" if low > -0.05 else "not separable at this size"
    else:
        verdict = "reproduced" if low > 0 else "not separable at this size"
    return Finding(claim, ahead, behind, verdict)


def _values(seeds: Sequence[Curve], compared: Sequence[Sequence[Curve]], measure: Measure) -> list[float]:
    if measure == "accuracy":
        return [final_accuracy(rows) for rows in seeds]
    budget = min(sampled(rows)[-1] for arm in compared for rows in arm)
    return [accuracy_at(rows, budget) for rows in seeds]


def validated(rows: Curve) -> list[tuple[float, float]]:
    """(tokens sampled before, held-out accuracy): a row is measured before its iteration, the last one after it."""
    tokens = [0, *sampled(rows)]
    places = [len(rows) if i == len(rows) - 1 else i for i in range(len(rows))]
    return [
        (tokens[place], row["heldout_accuracy"])
        for place, row in zip(places, rows, strict=True)
        if "heldout_accuracy" in row
    ]


def sampled(rows: Curve) -> list[int]:
    """Tokens sampled up to and including each iteration."""
    total, sums = 0, []
    for row in rows:
        total += row["sampled_tokens"]
        sums.append(total)
    return sums


def final_accuracy(rows: Curve) -> float:
    """Mean of the last two validations: one alone is noisier than what is compared."""
    return statistics.fmean(accuracy for _, accuracy in validated(rows)[-2:])


def final_length(rows: Curve) -> float:
    """Tokens of a held-out response, by the same validations."""
    return statistics.fmean([row["heldout_length"] for row in rows if "heldout_length" in row][-2:])


def accuracy_at(rows: Curve, tokens: float) -> float:
    """Held-out accuracy after so many sampled tokens, between validations by a straight line."""
    points = validated(rows)
    for (left, low), (right, high) in pairwise(points):
        if left <= tokens <= right:
            return low + (high - low) * (tokens - left) / max(1, right - left)
    return points[-1][1]
