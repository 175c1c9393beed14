"""Train and validation split, and how often each document is read (§2.5.1, App. B: up- and down-sampling).

A document's multiplicity is its domain's share of the tokens, spread over the domain's documents by the weight of their
source, their quality, for code their language, and for long context their length. Guarantees: the split and the order
of reading hash a document's id, so adding a source moves no other document to the other split; a
document's readings differ from its multiplicity by less than two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from k15.curation.document import DOMAINS
from k15.curation.hashing import mixed
from k15.curation.measures.programming import DEFAULT_WEIGHTS, LanguageWeights
from k15.params import Params
from k15.seeds import derive

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Split = Literal["train", "validation"]
SPLITS: tuple[Split, ...] = get_args(Split)
Stage = Literal["pretrain", "cooldown", "long_context"]
STAGES: tuple[Stage, ...] = get_args(Stage)
Weight = Annotated[float, Field(ge=0)]


class Shares(Params):
    """Shares of the training tokens; they need not sum to one. A domain without documents gives its share to
    the others."""

    english: Weight
    chinese: Weight
    code: Weight
    math: Weight
    knowledge: Weight

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any(getattr(self, domain) for domain in DOMAINS):
            raise ValueError("every domain has share 0; give one a share of the mixture")
        return self


class LongDocuments(Params):
    """Documents of at least `tokens` count `factor` times in the long-context stage."""

    tokens: int = Field(ge=1)
    factor: Weight


class Mixture(Params):
    """What each stage of pretraining reads."""

    pretrain: Shares
    cooldown: Shares
    long_context: Shares
    languages: LanguageWeights
    """Of code, where not those of `programming.DEFAULT_WEIGHTS`: markup is read less often, other languages more."""
    long_documents: LongDocuments

    def of_language(self, name: str) -> float:
        """The weight of a programming language."""
        return self.languages[name] if name in self.languages else DEFAULT_WEIGHTS[name]

    def weights(
        self,
        stage: Stage,
        sources: npt.ArrayLike,
        languages: Sequence[str | None],
        lengths: npt.ArrayLike,
        quality: npt.ArrayLike,
    ) -> Floats:
        """Of each document, within its domain. `sources`: the weight of its source; `languages`: the programming
        language of code, None for text; `quality`: its quality factor."""
        language = np.array([1.0 if name is None else self.of_language(name) for name in languages])
        weights: Floats = np.asarray(sources, dtype=np.float64) * language * np.asarray(quality, dtype=np.float64)
        if stage == "long_context":
            long = np.asarray(lengths) >= self.long_documents.tokens
            weights = np.where(long, weights * self.long_documents.factor, weights)
        return weights


def split_of(document_id: str, validation_fraction: float, seed: int) -> Split:
    """The split that a document belongs to."""
    return "validation" if derive(seed, "split", document_id) < validation_fraction * 2**63 else "train"


def multiplicities(
    shares: Shares, domains: npt.ArrayLike, lengths: npt.ArrayLike, weights: npt.ArrayLike, target: int
) -> Floats:
    """How often each document is read, so that the domains' tokens have their shares of `target`."""
    of, weight = np.asarray(domains), np.asarray(weights, dtype=np.float64)
    tokens = weight * np.asarray(lengths, dtype=np.float64)
    available = {domain: float(tokens[of == domain].sum()) for domain in DOMAINS}
    wanted = {domain: getattr(shares, domain) for domain in DOMAINS if available[domain] > 0}
    total = sum(wanted.values())
    scale = {domain: target * share / total / available[domain] if total else 0.0 for domain, share in wanted.items()}
    return weight * np.array([scale.get(domain, 0.0) for domain in of.tolist()])


def order_of(document_id: str, seed: int) -> int:
    """63 bits that decide where the readings of a document come among the others."""
    return derive(seed, "order", document_id)


def draw(orders: npt.ArrayLike, lengths: npt.ArrayLike, multiplicities: npt.ArrayLike) -> Counts:
    """Indices of documents to read in turn, as near to the tokens that the multiplicities come to as whole documents
    come. A document's readings are spread evenly; of documents with equal multiplicities every one is read once before
    any is read again, and each round has its own order. `orders`: of `order_of`."""
    size, times = np.asarray(lengths, dtype=np.int64), np.asarray(multiplicities, dtype=np.float64)
    known = np.flatnonzero(times > 0)
    hashes = np.asarray(orders, dtype=np.uint64)[known]
    # One reading more than any document needs: what it is cut to is decided by the tokens.
    copies = np.ceil(times[known]).astype(np.int64) + 1
    place = np.repeat(np.arange(len(known)), copies)
    nth = np.arange(len(place)) - np.repeat(np.cumsum(copies) - copies, copies)
    within = mixed(hashes[place] + nth.astype(np.uint64) * _ROUND) / 2.0**64
    due = (nth + within) / times[known][place]
    index = known[place[np.lexsort((hashes[place], due))]]
    wanted = float((size * times).sum())
    # A document is read if that brings the tokens nearer to what is wanted.
    beyond = np.cumsum(size[index]) - size[index] / 2 > wanted
    return index[: int(beyond.argmax()) if beyond.any() else len(index)]


_ROUND = np.uint64(0x9E3779B97F4A7C15)
