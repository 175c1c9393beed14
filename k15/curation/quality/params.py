"""Parameters of quality: which documents are examples, what scores them, and what a score is worth."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from k15.params import Params

Score = Literal["rules", "classifier", "judge"]


class ClassifierParams(Params):
    buckets: int = Field(ge=2)
    """Words and pairs share so many embeddings."""
    dimensions: int = Field(ge=1)
    words: int = Field(ge=1)
    """Read of the beginning of a document."""
    epochs: int = Field(ge=1)
    batch: int = Field(ge=1)
    lr: float = Field(gt=0)
    heldout: float = Field(gt=0, lt=1)
    """Share of the seeds that calibrate and measure the classifier."""


_DUPLICATE = frozenset({"duplicate_id", "exact_duplicate", "near_duplicate", "embedding_duplicate"})
_NO_EXAMPLE = _DUPLICATE | {"empty", "unreadable", "contaminated", "language_match"}
"""Why a text is dropped that may be a good one, or none at all: no text is better than a copy of an evaluation item."""


class SeedParams(Params):
    """Which documents are examples of good and of bad text."""

    good: list[str]
    bad: list[str]
    """Names of sources."""
    bundled: bool
    """The generators' clean documents are good; the junk that they planted is bad, and so is a clean one that a rule
    drops."""
    rejected: bool
    """What the rules rejected is bad, whatever its source; not what was dropped for another reason than its quality."""
    most: int = Field(ge=2)
    """Of either kind, the first in the order of hashed ids."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if both := sorted(set(self.good) & set(self.bad)):
            raise ValueError(f"source {both[0]!r} is both good and bad; remove it from one")
        return self

    def label(self, source: str, planted: str | None, dropped: str | None, generated: bool) -> bool | None:
        """Good, bad, or no example. `planted` is the kind of junk that a generated document is, if any, and `dropped`
        the filter that rejects it."""
        if dropped in _NO_EXAMPLE or planted in _NO_EXAMPLE:
            return None
        if self.bundled and generated:
            return planted is None and dropped is None
        if source in self.bad or (self.rejected and dropped is not None):
            return False
        return True if source in self.good and dropped is None else None


class Band(Params):
    """Documents whose combined score is below its `quantile`, among those of their domain and origin (generated, or
    from sources), are read `factor` times as often as others of the domain."""

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
