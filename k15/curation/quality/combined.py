"""From scores to how often a document is read: labels for the classifier, the combined score, the quality factor.

Guarantees: everything here is arithmetic on columns; no text is read, so changed weights or quantiles cost nothing.
A factor depends on the set of scores of the document's domain, not on their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from k15.curation.quality.classifier import ClassifierParams
from k15.params import Params

Floats = npt.NDArray[np.float64]
Score = Literal["rules", "classifier", "judge"]
SCORES: tuple[Score, ...] = get_args(Score)

# A repeated good document is no bad text.
_NOT_BAD = ("exact_duplicate", "near_duplicate")


class SeedParams(Params):
    """Which documents are examples of good and of bad text."""

    good: list[str]
    bad: list[str]
    """Names of sources."""
    bundled: bool
    """The generators' clean documents are good, the junk that they planted is bad."""
    rejected: bool
    """What the rules rejected is bad, whatever its source."""
    most: int = Field(ge=2)
    """Of either kind, the first in the order of hashed ids."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if both := sorted(set(self.good) & set(self.bad)):
            raise ValueError(f"source {both[0]!r} is both good and bad; remove it from one")
        return self

    def label(self, source: str, planted: str | None, rejected: bool, generated: bool) -> bool | None:
        """Good, bad, or no example. `planted` is the kind of junk that a generated document is, if any."""
        if self.bundled and generated:
            return planted is None and not rejected if planted not in _NOT_BAD else None
        if source in self.bad or (self.rejected and rejected):
            return False
        return True if source in self.good and not rejected else None


class Band(Params):
    """Documents of a domain whose combined score is below its `quantile` are read `factor` times as often as others
    of the domain."""

    quantile: float = Field(gt=0, le=1)
    factor: float = Field(ge=0)


class QualityParams(Params):
    seeds: SeedParams
    classifier: ClassifierParams | None
    judgements: str | None
    """An artifact of stage `judge`, a model's scores of the documents of an earlier run, from the repository root."""
    weights: dict[Score, float]
    """Of the scores in the combined one; a score that a document lacks does not count."""
    bands: list[Band] = Field(min_length=1)
    """From the worst to the best; the last one ends at 1."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if any(weight < 0 for weight in self.weights.values()) or not any(self.weights.values()):
            raise ValueError("weights must not be negative, nor all of them 0")
        quantiles = [band.quantile for band in self.bands]
        if quantiles[-1] != 1 or any(later <= earlier for earlier, later in pairwise(quantiles)):
            raise ValueError(f"the quantiles of bands must rise and end at 1, not {quantiles}")
        return self


def combine(scores: Mapping[Score, npt.ArrayLike], weights: Mapping[Score, float]) -> Floats:
    """Weighted mean of the scores that are there (not NaN); NaN for a document without any."""
    names = [name for name in scores if weights.get(name)]
    columns = np.array([np.asarray(scores[name], dtype=np.float64) for name in names])
    if not len(columns):
        return np.full(len(np.asarray(next(iter(scores.values()), []))), np.nan)
    share = np.where(np.isnan(columns), 0.0, np.array([[weights[name]] for name in names]))
    total = share.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(total > 0, (np.nan_to_num(columns) * share).sum(axis=0) / total, np.nan)


def factors(combined: npt.ArrayLike, domains: Sequence[str] | npt.NDArray[np.str_], bands: Sequence[Band]) -> Floats:
    """How often each document is read, beside others of its domain; 1 for one without a score."""
    values, of = np.asarray(combined, dtype=np.float64), np.asarray(domains)
    result = np.ones(len(values))
    steps = np.array([band.factor for band in bands])
    for domain in np.unique(of):
        own = np.flatnonzero((of == domain) & ~np.isnan(values))
        if len(own):
            # Where many have one score, they are all on the same side of it: the upper one.
            edges = np.quantile(values[own], [band.quantile for band in bands[:-1]])
            result[own] = steps[np.searchsorted(edges, values[own], side="right")]
    return result
