"""Train and validation split, and how often each domain's documents are read (§2.5.1: up- and down-sampling).

Guarantees: the split and the sampling order hash a document's id, so adding a source moves no other document
to the other split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from k15.curation.document import DOMAINS, Domain
from k15.params import Params
from k15.seeds import derive

Split = Literal["train", "validation"]
SPLITS: tuple[Split, ...] = get_args(Split)


class Mixture(Params):
    """Shares of the training tokens; they need not sum to one. A domain without documents gives its share to
    the others."""

    english: float = Field(ge=0)
    chinese: float = Field(ge=0)
    code: float = Field(ge=0)
    math: float = Field(ge=0)
    knowledge: float = Field(ge=0)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any(getattr(self, domain) for domain in DOMAINS):
            raise ValueError("every domain has share 0; give one a share of the mixture")
        return self


def split_of(document_id: str, validation_fraction: float, seed: int) -> Split:
    """The split that a document belongs to."""
    return "validation" if derive(seed, "split", document_id) < validation_fraction * 2**63 else "train"


def multiplicities(mixture: Mixture, available: Mapping[Domain, int], target: int) -> dict[Domain, float]:
    """How often each domain's training documents are read, given the tokens they have, to come to `target`."""
    shares = {domain: getattr(mixture, domain) for domain in DOMAINS if available.get(domain)}
    total = sum(shares.values())
    return {domain: target * share / total / available[domain] if total else 0.0 for domain, share in shares.items()}


def draw(ids: Sequence[str], lengths: Sequence[int], multiplicity: float, seed: int) -> list[int]:
    """Indices of documents to read in turn, as near to `multiplicity` times all their tokens as whole documents
    come. Every document is read once before any is read again; each round has its own order."""
    wanted = multiplicity * sum(lengths)
    drawn: list[int] = []
    tokens, round_number = 0, 0
    while tokens < wanted:
        order = sorted(range(len(ids)), key=lambda index: derive(seed, "order", round_number, ids[index]))
        for index in order:
            if tokens + lengths[index] / 2 > wanted:
                return drawn
            drawn.append(index)
            tokens += lengths[index]
        round_number += 1
    return drawn
