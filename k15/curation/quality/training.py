"""How the quality classifier is made from labelled seeds, some of which calibrate and measure it (Platt).

Adam on minibatches; a step moves the embeddings of the words that the batch holds. Guarantees: the same seeds, params
and seed give the same classifier, in whatever order the seeds come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from k15.curation.quality.classifier import Classifier, Floats, Weights, sigmoid
from k15.curation.quality.features import Bags, Indices, bags
from k15.curation.quality.figures import figures
from k15.curation.quality.params import ClassifierParams
from k15.curation.quality.seed import Seed
from k15.errors import UserError
from k15.seeds import derive

_DECAYS = 0.9, 0.999
_EPSILON = 1e-8
_NEWTON_STEPS = 30


def fit(seeds: Sequence[Seed], params: ClassifierParams, seed: int) -> tuple[Classifier, dict[str, Any]]:
    """The classifier, and its figures on the held-out seeds."""
    known = sorted(seeds, key=lambda one: (derive(seed, "seed", one.id), one.text, one.good))
    labels = np.array([one.good for one in known])
    # Of either kind the same share is held out, so that few seeds of one kind are on both sides.
    heldout = np.zeros(len(known), bool)
    for kind in (True, False):
        own = np.flatnonzero(labels == kind)
        if len(own) < 2:
            what = "good" if kind else "bad"
            raise UserError(f"the quality classifier has {len(own)} {what} seeds; label more sources as {what}")
        heldout[own[: min(max(1, round(params.heldout * len(own))), len(own) - 1)]] = True
    found = bags([one.text for one in known], params.buckets, params.words)
    raw = _train(found.take(np.flatnonzero(~heldout)), labels[~heldout], params, derive(seed, "classifier"))
    logits = raw.logits(found.take(np.flatnonzero(heldout)))
    scale, shift = _platt(logits, labels[heldout])
    result = replace(raw, scale=scale, shift=shift)
    measured = figures(sigmoid(scale * logits + shift), labels[heldout])
    return result, {"seeds": {"good": int(labels.sum()), "bad": int((~labels).sum())}, **measured}


class _Adam:
    """Parameters [rows, dimensions] with the moments of their gradients. A step is made by some of the rows."""

    def __init__(self, values: Floats, lr: float) -> None:
        self.values: Weights = values.astype(np.float32)
        self._first, self._second = np.zeros_like(self.values), np.zeros_like(self.values)
        self._lr, self._steps = lr, 0

    def step(self, gradient: npt.NDArray[np.floating], rows: Indices, share: float) -> None:
        """`gradient`: of `rows`. `share`: of the learning rate."""
        self._steps += 1
        given = gradient.astype(np.float32)
        self._first[rows] += (1 - _DECAYS[0]) * (given - self._first[rows])
        self._second[rows] += (1 - _DECAYS[1]) * (given**2 - self._second[rows])
        mean = self._first[rows] / (1 - _DECAYS[0] ** self._steps)
        square = self._second[rows] / (1 - _DECAYS[1] ** self._steps)
        self.values[rows] -= share * self._lr * mean / (np.sqrt(square) + _EPSILON)


class _Model:
    """The parameters of a classifier, and how a batch moves them."""

    def __init__(self, params: ClassifierParams, rng: np.random.Generator) -> None:
        deviation = params.dimensions**-0.5
        self.embedding = _Adam(rng.normal(0, deviation, (params.buckets, params.dimensions)), params.lr)
        self.output = _Adam(rng.normal(0, deviation, (1, params.dimensions)), params.lr)
        self.bias = _Adam(np.zeros((1, 1)), params.lr)

    def step(self, found: Bags, labels: npt.NDArray[np.bool_], share: float) -> None:
        """Down the gradient of the mean cross entropy. As all rows go through the same output, a row's gradient is the
        output times a number: how much the errors of the bags that it is in weigh together."""
        owners = np.repeat(np.arange(len(found)), found.sizes)
        rows, places = np.unique(found.indices, return_inverse=True)
        vectors, output, only = self.embedding.values[rows], self.output.values, np.zeros(1, np.int64)
        shares = (vectors * output).sum(axis=1)[places] / found.sizes[owners]
        logits = np.bincount(owners, shares, len(found)) + self.bias.values[0, 0]
        errors = (sigmoid(logits) - labels) / len(found)
        weights = np.bincount(places, errors[owners] / found.sizes[owners], len(rows))[:, None]
        self.embedding.step(weights * output, rows, share)
        self.output.step((weights * vectors).sum(axis=0, keepdims=True), only, share)
        self.bias.step(np.array([[errors.sum()]]), only, share)


def _train(found: Bags, labels: npt.NDArray[np.bool_], params: ClassifierParams, seed: int) -> Classifier:
    rng = np.random.default_rng(seed)
    model = _Model(params, rng)
    batches = -(-len(found) // params.batch)
    for epoch in range(params.epochs):
        order = rng.permutation(len(found))
        for number in range(batches):
            chosen = order[number * params.batch : (number + 1) * params.batch]
            share = 1 - (epoch * batches + number) / (params.epochs * batches)
            model.step(found.take(chosen), labels[chosen], share)
    bias = float(model.bias.values[0, 0])
    return Classifier(params, model.embedding.values, model.output.values[0], bias)


def _platt(logits: Floats, labels: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Scale and shift of the logits by logistic regression, with Platt's targets: away from 0 and 1 the more, the
    fewer the examples are."""
    good, bad = int(labels.sum()), int((~labels).sum())
    targets = np.where(labels, (good + 1) / (good + 2), 1 / (bad + 2))
    spread = max(float(logits.std()), 1e-9)
    x = np.stack([logits / spread, np.ones_like(logits)], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(_NEWTON_STEPS):
        # Not matrix products, whose last digits depend on the cores.
        p = sigmoid(np.einsum("ij,j->i", x, weights))
        gradient = np.einsum("ij,i->j", x, p - targets)
        curvature = np.einsum("ij,i,ik->jk", x, p * (1 - p), x) + 1e-6 * np.eye(2)
        weights = weights - np.linalg.solve(curvature, gradient).clip(-2, 2)
    return float(weights[0] / spread), float(weights[1])
