"""Bundled problems with checkable answers: generated, seeded, licence-free, split by construction.

`generate(family, split, count, seed)` serves every stage: problems of the split "train" go into pretraining text,
SFT and RL prompts; those of "heldout" only into evaluation.
"""

from __future__ import annotations

from collections.abc import Sequence

from k15.errors import UserError
from k15.tasks.problem import Family, Problem, Split
from k15.tasks.problem import generate as _generate
from k15.tasks.text import TEXT_FAMILIES
from k15.tasks.vision import VISION_FAMILIES

__all__ = ["FAMILIES", "Family", "Problem", "Split", "generate"]

FAMILIES: dict[str, Family] = {family.name: family for family in (*TEXT_FAMILIES, *VISION_FAMILIES)}


def generate(
    family: str, split: Split, count: int, seed: int, difficulties: Sequence[int] | None = None
) -> list[Problem]:
    """`count` different problems of `family`; see `k15.tasks.problem.generate`."""
    if family not in FAMILIES:
        raise UserError(f"unknown task family {family!r}; known: {', '.join(FAMILIES)}")
    return _generate(FAMILIES[family], split, count, seed, difficulties)
