"""From scores to how often a document is read: the combined score, and the quality factor.

Guarantees: everything here is arithmetic on columns; no text is read, so changed weights or quantiles cost nothing.
A factor depends on the set of scores of the document's group, not on their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from k15.curation.quality.params import Band, Score

Floats = npt.NDArray[np.float64]


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


def factors(combined: npt.ArrayLike, groups: npt.ArrayLike, bands: Sequence[Band]) -> Floats:
    """How often each document is read, by its rank in its group; 1 for one without a score."""
    values, of = np.asarray(combined, dtype=np.float64), np.asarray(groups)
    result = np.ones(len(values))
    steps = np.array([band.factor for band in bands])
    for group in np.unique(of):
        own = np.flatnonzero((of == group) & ~np.isnan(values))
        if len(own):
            # Where many have one score, they are all on the same side of it: the upper one.
            edges = np.quantile(values[own], [band.quantile for band in bands[:-1]])
            result[own] = steps[np.searchsorted(edges, values[own], side="right")]
    return result
