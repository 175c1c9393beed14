"""How the quality classifier is made from labelled seeds, some of which calibrate and measure it (Platt).

Guarantees: the same seeds, params and seed give the same classifier, in whatever order the seeds come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from k15.curation.quality.classifier import Classifier, Floats, sigmoid
from k15.curation.quality.features import Bags, Indices, bags
from k15.curation.quality.figures import figures
from k15.curation.quality.params import ClassifierParams
from k15.curation.quality.seed import Seed
from k15.errors import UserError
from k15.seeds import derive

_NEWTON_STEPS = 30


def fit(seeds: Sequence[Seed], params: ClassifierParams, seed: int) -> tuple[Classifier, dict[str, Any]]:
    """The classifier, and its figures on the held-out seeds."""
    known = sorted(seeds, key=lambda one: derive(seed, "seed", one.id))
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


def _train(found: Bags, labels: npt.NDArray[np.bool_], params: ClassifierParams, seed: int) -> Classifier:
    generator = torch.Generator().manual_seed(seed)
    table = nn.EmbeddingBag(params.buckets, params.dimensions, mode="mean", sparse=True)
    output, bias = nn.Parameter(torch.empty(params.dimensions)), nn.Parameter(torch.zeros(()))
    with torch.no_grad():
        table.weight.normal_(0, params.dimensions**-0.5, generator=generator)
        output.normal_(0, params.dimensions**-0.5, generator=generator)
    rows, rest = torch.optim.SparseAdam(table.parameters(), params.lr), torch.optim.Adam([output, bias], params.lr)
    steps = params.epochs * -(-len(found) // params.batch)
    done = 0
    for _ in range(params.epochs):
        order: Indices = torch.randperm(len(found), generator=generator).numpy()
        for start in range(0, len(order), params.batch):
            chosen = order[start : start + params.batch]
            for group in (*rows.param_groups, *rest.param_groups):
                group["lr"] = params.lr * (1 - done / steps)
            own = found.take(chosen)
            mean = table(torch.from_numpy(own.indices), torch.from_numpy(own.offsets[:-1]))
            wanted = torch.from_numpy(labels[chosen].astype(np.float32))
            loss = nn.functional.binary_cross_entropy_with_logits(mean @ output + bias, wanted)
            rows.zero_grad()
            rest.zero_grad()
            loss.backward()
            rows.step()
            rest.step()
            done += 1
    return Classifier(params, table.weight.detach().numpy(), output.detach().numpy(), bias.item())


def _platt(logits: Floats, labels: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Scale and shift of the logits by logistic regression, with Platt's targets: away from 0 and 1 the more, the
    fewer the examples are."""
    good, bad = int(labels.sum()), int((~labels).sum())
    targets = np.where(labels, (good + 1) / (good + 2), 1 / (bad + 2))
    spread = max(float(logits.std()), 1e-9)
    x = np.stack([logits / spread, np.ones_like(logits)], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(_NEWTON_STEPS):
        p = sigmoid(x @ weights)
        gradient = x.T @ (p - targets)
        curvature = (x * (p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(2)
        weights = weights - np.linalg.solve(curvature, gradient).clip(-2, 2)
    return float(weights[0] / spread), float(weights[1])
