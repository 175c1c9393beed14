"""The limit on synthetic captions (App. B: their share is limited, as too many of them make a model hallucinate).

Guarantees: which captions stay depends on their ids alone, not on order or workers. Where nothing but synthetic
captions is there, nothing mixes and all stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from k15.errors import UserError
from k15.seeds import derive


def limit_synthetic(ids: Sequence[str], synthetic: Sequence[bool], share: float, seed: int) -> list[bool]:
    """Which of the captions to keep so that at most `share` of those kept are synthetic."""
    if not 0 <= share <= 1:
        raise UserError(f"the share of synthetic captions is {share}; choose one from 0 to 1")
    real = len(ids) - sum(synthetic)
    if real == 0 or share == 1:
        return [True] * len(ids)
    room = int(share * real / (1 - share) + 1e-9)
    drawn = sorted((derive(seed, id_), id_) for id_, made in zip(ids, synthetic, strict=True) if made)
    kept = {id_ for _, id_ in drawn[:room]}
    return [not made or id_ in kept for id_, made in zip(ids, synthetic, strict=True)]
