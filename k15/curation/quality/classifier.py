"""A fastText-style classifier of good and bad text, trained in the pipeline from labelled seeds (App. B).

Hashed words and word pairs, their mean embedding, one linear layer; the logit is calibrated (Platt) on seeds that
training has not seen. Guarantees: the same seeds, params and seed give the same classifier, in whatever order the
seeds come; a text's probability depends on the text and the classifier alone.
Not guaranteed: that the probability holds where good and bad come in another proportion than among the seeds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from k15.curation.quality.features import Bags, Indices, bags
from k15.curation.quality.figures import figures
from k15.curation.quality.params import ClassifierParams
from k15.curation.quality.seed import Seed
from k15.errors import UserError
from k15.seeds import derive

Floats = npt.NDArray[np.float64]

_SCORED = 1024
_NEWTON_STEPS = 30


class Classifier:
    """`probabilities(texts)`: that each text is good. `scale` and `shift` calibrate the logit."""

    def __init__(
        self, params: ClassifierParams, embedding: Tensor, output: Tensor, bias: Tensor, scale: float, shift: float
    ) -> None:
        self.params, self.embedding, self.output, self.bias = params, embedding, output, bias
        self.scale, self.shift = scale, shift

    def logits(self, texts: Sequence[str]) -> Floats:
        """Before calibration."""
        parts = [texts[start : start + _SCORED] for start in range(0, len(texts), _SCORED)]
        return np.concatenate([self._logits(bags(part, self.params.buckets, self.params.words)) for part in parts])

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        if not texts:
            return np.zeros(0, np.float32)
        return _sigmoid(self.scale * self.logits(texts) + self.shift).astype(np.float32)

    @torch.no_grad()
    def _logits(self, found: Bags) -> Floats:
        indices, offsets = torch.from_numpy(found.indices), torch.from_numpy(found.offsets[:-1])
        mean = nn.functional.embedding_bag(indices, self.embedding, offsets, mode="mean")
        # Not a matrix product, whose last digits depend on the texts beside.
        products: Floats = mean.double().numpy() * self.output.double().numpy()
        return products.sum(axis=1) + float(self.bias)

    def save(self, path: Path) -> None:
        tensors = {"embedding": self.embedding, "output": self.output, "bias": self.bias}
        metadata = {"params": self.params.model_dump_json(), "scale": repr(self.scale), "shift": repr(self.shift)}
        save_file(tensors, path, metadata)

    @classmethod
    def load(cls, path: Path) -> Classifier:
        with safe_open(path, "pt") as file:
            told = file.metadata()
            embedding, output, bias = (file.get_tensor(name) for name in ("embedding", "output", "bias"))
        params = ClassifierParams.model_validate(json.loads(told["params"]))
        return cls(params, embedding, output, bias, float(told["scale"]), float(told["shift"]))


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
    logits = raw._logits(found.take(np.flatnonzero(heldout)))
    scale, shift = _platt(logits, labels[heldout])
    result = Classifier(params, raw.embedding, raw.output, raw.bias, scale, shift)
    measured = figures(_sigmoid(scale * logits + shift), labels[heldout])
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
    return Classifier(params, table.weight.detach(), output.detach(), bias.detach(), 1.0, 0.0)


def _platt(logits: Floats, labels: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Scale and shift of the logits by logistic regression, with Platt's targets: away from 0 and 1 the more, the
    fewer the examples are."""
    good, bad = int(labels.sum()), int((~labels).sum())
    targets = np.where(labels, (good + 1) / (good + 2), 1 / (bad + 2))
    spread = max(float(logits.std()), 1e-9)
    x = np.stack([logits / spread, np.ones_like(logits)], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(_NEWTON_STEPS):
        p = _sigmoid(x @ weights)
        gradient = x.T @ (p - targets)
        curvature = (x * (p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(2)
        weights = weights - np.linalg.solve(curvature, gradient).clip(-2, 2)
    return float(weights[0] / spread), float(weights[1])


def _sigmoid(x: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(0.5 * x))
