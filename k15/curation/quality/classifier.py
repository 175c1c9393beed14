"""A fastText-style classifier of good and bad text (App. B): its use. `training` makes it from labelled seeds.

Hashed words and word pairs, their mean embedding, one linear layer; the logit is calibrated. Guarantees: a text's
probability depends on the text and the classifier alone.
Not guaranteed: that the probability holds where good and bad come in another proportion than among the seeds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save_file

from k15.curation.quality.features import Bags, bags
from k15.curation.quality.params import ClassifierParams

Floats = npt.NDArray[np.float64]
Weights = npt.NDArray[np.float32]

_SCORED = 256


@dataclass(frozen=True)
class Classifier:
    """`probabilities(texts)`: that each text is good. `scale` and `shift` calibrate the logit."""

    params: ClassifierParams
    embedding: Weights
    """[buckets, dimensions]"""
    output: Weights
    """[dimensions]"""
    bias: float
    scale: float = 1.0
    shift: float = 0.0

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        parts = [texts[start : start + _SCORED] for start in range(0, len(texts), _SCORED)]
        logits = [self.logits(bags(part, self.params.buckets, self.params.words)) for part in parts]
        return sigmoid(self.scale * np.concatenate([np.zeros(0), *logits]) + self.shift).astype(np.float32)

    def logits(self, found: Bags) -> Floats:
        """Before calibration."""
        sizes = found.sizes
        words = np.flatnonzero(sizes)
        means = np.zeros((len(found), self.params.dimensions))
        sums = np.add.reduceat(self.embedding[found.indices], found.offsets[words], axis=0)
        means[words] = sums / sizes[words, None]
        # Not a matrix product, whose last digits depend on the texts beside.
        logits: Floats = (means * self.output).sum(axis=1) + self.bias
        return logits

    def save(self, path: Path) -> None:
        numbers = {"bias": self.bias, "scale": self.scale, "shift": self.shift}
        metadata = {"params": self.params.model_dump_json(), **{name: repr(value) for name, value in numbers.items()}}
        save_file({"embedding": self.embedding, "output": self.output}, path, metadata)

    @classmethod
    def load(cls, path: Path) -> Classifier:
        with safe_open(path, "np") as file:
            told = file.metadata()
            embedding, output = (file.get_tensor(name) for name in ("embedding", "output"))
        params = ClassifierParams.model_validate(json.loads(told["params"]))
        return cls(params, embedding, output, *(float(told[name]) for name in ("bias", "scale", "shift")))


def sigmoid(x: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(0.5 * x))
