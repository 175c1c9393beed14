"""From the kept texts' tokens to training blocks: how often each stage reads each text, in which order, packed how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from k15.curation import mixture, packing
from k15.curation.document import DOMAINS, Domain
from k15.curation.mixture import STAGES, Split, Stage
from k15.curation.packing import Tokens
from stages.curate.params import CurateParams


@dataclass(frozen=True)
class Owners:
    """The kept texts in the order of their tokens; `factors` are their quality's."""

    orders: npt.NDArray[np.uint64]
    """Of `mixture.order_of`."""
    domains: npt.NDArray[np.object_]
    splits: npt.NDArray[np.object_]
    sources: npt.NDArray[np.object_]
    languages: npt.NDArray[np.object_]
    """The programming language of code, None for text."""
    factors: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]

    @classmethod
    def of(cls, columns: Mapping[str, Any], factors: npt.NDArray[np.float64]) -> Owners:
        return cls(
            orders=columns["order"].to_numpy(),
            domains=_shared(columns["domain"]),
            splits=_shared(columns["split"]),
            sources=_shared(columns["source"]),
            languages=_shared(columns["programming_language"]),
            factors=factors,
            lengths=columns["tokens"],
            offsets=columns["offset"],
        )

    def members(self, domain: Domain, split: Split) -> npt.NDArray[np.int64]:
        return np.flatnonzero((self.domains == domain) & (self.splits == split))


def _shared(names: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    """Few names of many texts, or None, one string each; `to_numpy` would make one a text."""
    encoded = names.combine_chunks().dictionary_encode()
    distinct = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
    return distinct[encoded.indices.fill_null(-1).to_numpy()]


@dataclass(frozen=True)
class Blocks:
    """Packed texts of one domain; `drawn`: the text of each document that the plan holds."""

    stage: Stage
    split: Split
    domain: Domain
    plan: packing.Plan
    drawn: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Mixed:
    """What the stages read. Of each kept text: its tokens, their offset, its domain's place in `DOMAINS`, whether it is
    for training, and how often each stage reads it then."""

    lengths: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    domains: npt.NDArray[np.int8]
    training: npt.NDArray[np.bool_]
    read: dict[Stage, npt.NDArray[np.float64]]
    blocks: list[Blocks]

    def weights(self, of: slice = slice(None)) -> npt.NDArray[np.float64]:
        """How often pretraining reads each text, those for validation too."""
        return np.where(self.training[of], self.read["pretrain"][of], 1.0)

    def tokens(self, stage: Stage, split: Split) -> dict[Domain, int]:
        chosen = [one for one in self.blocks if (one.stage, one.split) == (stage, split)]
        return {one.domain: one.plan.tokens for one in chosen}

    @property
    def multiplicities(self) -> dict[Domain, float]:
        """How often pretraining reads a domain's texts, on average over their tokens."""
        found = {}
        for place, domain in enumerate(DOMAINS):
            lengths = np.where(self.training & (self.domains == place), self.lengths, 0)
            if total := int(lengths.sum()):
                found[domain] = round(float((self.weights() * lengths).sum()) / total, 4)
        return found

    @property
    def occupancy(self) -> float:
        """Share of the training blocks' places that hold a token."""
        plans = [one.plan for one in self.blocks if one.split == "train"]
        places = sum(plan.blocks * plan.block_length for plan in plans)
        return sum(plan.tokens for plan in plans) / places if places else 1.0

    def tables(self, values: Tokens) -> Iterator[pa.Table]:
        """The rows of the `tokens` schema."""
        for one in self.blocks:
            yield from packing.tables(one.plan, values, self.offsets[one.drawn], one.stage, one.domain, one.split)


def mix(owners: Owners, params: CurateParams) -> Mixed:
    """Training texts as often as each stage's mixture wants them; those for validation once."""
    blocks: list[Blocks] = []
    read: dict[Stage, npt.NDArray[np.float64]] = {}
    for stage in STAGES:
        read[stage] = _multiplicities(owners, params, stage)
        blocks += [_packed(owners, params, stage, "train", domain, read[stage]) for domain in DOMAINS]
    once = np.ones(len(owners.lengths))
    blocks += [_packed(owners, params, "pretrain", "validation", domain, once) for domain in DOMAINS]
    return Mixed(
        lengths=owners.lengths,
        offsets=owners.offsets,
        domains=np.select([owners.domains == domain for domain in DOMAINS], range(len(DOMAINS))).astype(np.int8),
        training=owners.splits == "train",
        read=read,
        blocks=[one for one in blocks if one.plan.blocks],
    )


def _multiplicities(owners: Owners, params: CurateParams, stage: Stage) -> npt.NDArray[np.float64]:
    of_source = {source.name: source.weight for source in params.sources}
    sources = np.array([of_source.get(name, 1.0) for name in owners.sources.tolist()])
    weights = params.mixture.weights(stage, sources, owners.languages.tolist(), owners.lengths, owners.factors)
    training = np.where(owners.splits == "train", weights, 0.0)
    shares, target = getattr(params.mixture, stage), getattr(params.train_tokens, stage)
    return mixture.multiplicities(shares, owners.domains, owners.lengths, training, target)


def _packed(
    owners: Owners, params: CurateParams, stage: Stage, split: Split, domain: Domain, read: npt.NDArray[np.float64]
) -> Blocks:
    members = owners.members(domain, split)
    order = mixture.draw(owners.orders[members], owners.lengths[members], read[members])
    drawn = members[order]
    return Blocks(stage, split, domain, packing.plan(owners.lengths[drawn], params.block_length), drawn)
