"""Texts as vectors, by a small local model or, without one, by their words.

Guarantees: a text's vector depends on the text, the encoder and (for hashed words) on how many documents of the
corpus hold each word; never on the texts beside it in a batch. A text without words is the zero vector.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from numba import njit

from k15.curation.duplicates.params import EmbeddingParams
from k15.curation.duplicates.signed import SignedTexts
from k15.curation.duplicates.words import Spelling, batches, grams, mixed, words
from k15.errors import UserError

Matrix = npt.NDArray[np.float32]

_BUCKETS = 1 << 20
_PLACES = 4
"""Of a vector, that one word adds to or takes from."""
_TOKENS = 512


class Encoder(Protocol):
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Not yet of unit length."""
        ...


class HashedWords:
    """Words and pairs of words, weighted by rarity, in a seeded sparse random projection."""

    def __init__(self, units: SignedTexts, dimensions: int, seed: int) -> None:
        self.dimensions, self._seed = dimensions, np.uint64(seed)
        self._documents = np.zeros(_BUCKETS, np.int64)
        for _, batch in units.read(["text"]):
            texts = batch.column("text").to_pylist()
            for part in batches(texts):
                _count(*words(texts[part], [Spelling.PROSE] * len(texts[part])), self._documents)
        self._weights = np.log((1 + len(units)) / (1 + self._documents)) + 0.01

    def encode(self, texts: Sequence[str]) -> Matrix:
        result = np.zeros((len(texts), self.dimensions), np.float32)
        for part in batches(texts):
            hashes, starts = words(texts[part], [Spelling.PROSE] * len(texts[part]))
            _project(hashes, starts, self._weights, self._seed, result[part])
        return result


@njit(cache=True)
def _features(hashes):  # type: ignore[no-untyped-def]
    return np.concatenate((grams(hashes, 1), grams(hashes, 2)))


@njit(cache=True)
def _count(hashes, starts, documents):  # type: ignore[no-untyped-def]
    for document in range(len(starts) - 1):
        for feature in np.unique(_features(hashes[starts[document] : starts[document + 1]]) % np.uint64(_BUCKETS)):
            documents[feature] += 1


@njit(cache=True)
def _project(hashes, starts, weights, seed, result):  # type: ignore[no-untyped-def]
    for document in range(len(starts) - 1):
        features = np.sort(_features(hashes[starts[document] : starts[document + 1]]))
        i = 0
        while i < len(features):
            feature, begin = features[i], i
            while i < len(features) and features[i] == feature:
                i += 1
            weight = weights[feature % np.uint64(_BUCKETS)] * (1 + np.log(i - begin))
            place = mixed(feature + seed)
            for _ in range(_PLACES):
                place = mixed(place + np.uint64(1))
                sign = 1.0 if place >> np.uint64(63) else -1.0
                result[document, place % np.uint64(result.shape[1])] += sign * weight


class StaticModel:
    """A table with a vector for each token of a tokenizer (`tokenizer.json`, `model.safetensors`), averaged."""

    def __init__(self, directory: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        tensors = [tensor for tensor in load_file(directory / "model.safetensors").values() if tensor.ndim == 2]
        if len(tensors) != 1:
            raise UserError(f"{directory}: model.safetensors holds {len(tensors)} tables of vectors; one is needed")
        self._table = tensors[0].astype(np.float32)
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.dimensions = self._table.shape[1]

    def encode(self, texts: Sequence[str]) -> Matrix:
        result = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            if ids := self._tokenizer.encode(text, add_special_tokens=False).ids:
                result[row] = self._table[ids].mean(axis=0)
        return result


class TransformerModel:
    """The mean of an encoder's last hidden states, text by text: a padded batch would change the last digits."""

    def __init__(self, directory: Path) -> None:
        from k15 import torch_extensions

        torch_extensions.settle()
        import torch
        from transformers import AutoModel, AutoTokenizer

        torch.set_num_threads(1)  # the last digits depend on it, and other pieces of work have the other cores
        self._tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        self._model = AutoModel.from_pretrained(directory, local_files_only=True).eval()
        self.dimensions = self._model.config.hidden_size

    def encode(self, texts: Sequence[str]) -> Matrix:
        import torch

        result = np.zeros((len(texts), self.dimensions), np.float32)
        with torch.inference_mode():
            for row, text in enumerate(texts):
                if text.strip():
                    tokens = self._tokenizer(text, truncation=True, max_length=_TOKENS, return_tensors="pt")
                    result[row] = self._model(**tokens).last_hidden_state[0].mean(dim=0).float().numpy()
        return result


def encoder(units: SignedTexts, params: EmbeddingParams) -> Encoder:
    if params.model is None:
        return HashedWords(units, params.dimensions, params.seed)
    directory = Path(params.model)
    if missing := [name for name in ("tokenizer.json", "model.safetensors") if not (directory / name).is_file()]:
        raise UserError(f"{directory} is no local embedding model: {missing[0]} is missing; correct `embeddings.model`")
    config = directory / "config.json"
    transformer = config.is_file() and "architectures" in json.loads(config.read_text())
    return TransformerModel(directory) if transformer and not _static(config) else StaticModel(directory)


def _static(config: Path) -> bool:
    return json.loads(config.read_text()).get("model_type") == "model2vec"  # type: ignore[no-any-return]
