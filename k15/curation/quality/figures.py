"""How good a classifier's probabilities are: precision, recall and F1 at a half, AUC, calibration error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BINS = 10


def figures(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> dict[str, float]:
    """Of the good as the class that is looked for."""
    p, good = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=bool)
    called = p >= 0.5
    hits = int((called & good).sum())
    precision, recall = hits / max(1, int(called.sum())), hits / max(1, int(good.sum()))
    result = {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if hits else 0.0,
        "auc": auc(p, good),
        "calibration_error": calibration_error(p, good),
    }
    return {name: round(value, 4) for name, value in result.items()}


def auc(scores: npt.NDArray[np.float64], good: npt.NDArray[np.bool_]) -> float:
    """Share of the pairs of a good and a bad one in which the good one has the higher score; a tie is half."""
    bad, pairs = np.sort(scores[~good]), int(good.sum()) * int((~good).sum())
    below = np.searchsorted(bad, scores[good], "left").sum() + np.searchsorted(bad, scores[good], "right").sum()
    return float(below / 2 / pairs) if pairs else float("nan")


def calibration_error(p: npt.NDArray[np.float64], good: npt.NDArray[np.bool_]) -> float:
    """Mean distance of the probability from the share that is good, over ten bins of equal width."""
    place = np.minimum((p * _BINS).astype(int), _BINS - 1)
    told, true = np.bincount(place, p, _BINS), np.bincount(place, good, _BINS)
    return float(np.abs(told - true).sum() / max(1, len(p)))
