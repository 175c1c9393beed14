"""From the kept texts' tokens to training blocks: how often each text is read, in which order, and packed how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from k15.curation import mixture, packing
from k15.curation.document import DOMAINS, Domain
from k15.curation.mixture import SPLITS, Split
from k15.curation.packing import Tokens
from stages.curate.params import CurateParams


@dataclass(frozen=True)
class Owners:
    """The kept texts in the order of their tokens."""

    ids: npt.NDArray[np.object_]
    domains: npt.NDArray[np.object_]
    splits: npt.NDArray[np.object_]
    lengths: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]

    @classmethod
    def of(cls, columns: Mapping[str, Any]) -> Owners:
        names = [columns[name].to_numpy() for name in ("id", "domain", "split")]
        return cls(*names, columns["tokens"], columns["offset"])

    def members(self, domain: Domain, split: Split) -> npt.NDArray[np.int64]:
        return np.flatnonzero((self.domains == domain) & (self.splits == split))


@dataclass(frozen=True)
class Mixed:
    """`weights`: how often each text is read; `multiplicities`: a domain's texts on average."""

    owners: Owners
    weights: npt.NDArray[np.float64]
    multiplicities: Mapping[Domain, float]
    plans: Mapping[tuple[Domain, Split], tuple[packing.Plan, npt.NDArray[np.int64]]]
    """Of a domain and split its blocks, and the text of each document that they hold."""

    @property
    def tokens(self) -> dict[tuple[Domain, Split], int]:
        return {place: plan.tokens for place, (plan, _) in self.plans.items()}

    @property
    def occupancy(self) -> float:
        """Share of the training blocks' places that hold a token."""
        plans = [plan for (_, split), (plan, _) in self.plans.items() if split == "train"]
        places = sum(plan.blocks * plan.block_length for plan in plans)
        return sum(plan.tokens for plan in plans) / places if places else 1.0

    def tables(self, values: Tokens) -> Iterator[pa.Table]:
        """The rows of the `tokens` schema; training first."""
        for (domain, split), (plan, drawn) in self.plans.items():
            yield from packing.tables(plan, values, self.owners.offsets[drawn], domain, split)


def mix(owners: Owners, params: CurateParams) -> Mixed:
    """Training texts as often as the mixture wants them, others once."""
    available = {domain: int(owners.lengths[owners.members(domain, "train")].sum()) for domain in DOMAINS}
    wanted = mixture.multiplicities(params.mixture, available, params.train_tokens)
    weights = np.ones(len(owners.ids))
    plans = {}
    for split in SPLITS:
        for domain in DOMAINS:
            members = owners.members(domain, split)
            multiplicity = wanted.get(domain, 0.0) if split == "train" else 1.0
            weights[members] = multiplicity
            order = mixture.draw(owners.ids[members].tolist(), owners.lengths[members].tolist(), multiplicity, params.seed)
            drawn = members[order]
            plans[domain, split] = packing.plan(owners.lengths[drawn], params.block_length), drawn
    return Mixed(owners, weights, {domain: round(value, 4) for domain, value in wanted.items()}, plans)
