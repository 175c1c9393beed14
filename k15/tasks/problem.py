"""A problem with its worked solutions, and the rule that keeps held-out problems out of training.

Guarantees: `generate` is a pure function of its arguments; the two splits of a family never share a problem,
because the split is a hash of the problem's content (for a picture: its content and its layout), not of the
wording around it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from k15.errors import UserError
from k15.seeds import derive

Split = Literal["train", "heldout"]
HELDOUT_SHARE = 0.1


@dataclass(frozen=True)
class Problem:
    """`short` is the short-CoT response, `long` the long-CoT one (`<think>…</think>`); both end in the box.
    `caption` says all that a picture shows."""

    id: str
    family: str
    domain: str
    difficulty: int
    question: str
    answer: str
    short: str
    long: str
    verifier: str
    images: tuple[bytes, ...] = ()
    caption: str = ""


@dataclass(frozen=True)
class Draft:
    """A problem before it has an id: `content` is what makes it the same problem in other words."""

    content: str
    question: str
    answer: str
    short: str
    long: str
    images: tuple[bytes, ...] = ()
    caption: str = ""


@dataclass(frozen=True)
class Family:
    """One kind of problem. `draft(rng, difficulty)` makes one; `difficulties` is its difficulty axis."""

    name: str
    domain: str
    discipline: str
    difficulties: tuple[int, ...]
    draft: Callable[[random.Random, int], Draft] = field(repr=False)
    vision: bool = False
    verifier: str = "math"


def split_of(content: str) -> Split:
    """The split that a problem's content belongs to, in every run of every stage."""
    number = int.from_bytes(hashlib.sha256(content.encode()).digest()[:8], "big")
    return "heldout" if number < HELDOUT_SHARE * 2**64 else "train"


def generate(
    family: Family, split: Split, count: int, seed: int, difficulties: Sequence[int] | None = None
) -> list[Problem]:
    """`count` different problems of one family, spread evenly over `difficulties` (all of the family's by
    default). Raises UserError when the family does not have that many different problems in this split."""
    levels = tuple(difficulties or family.difficulties)
    unknown = sorted(set(levels) - set(family.difficulties))
    if unknown:
        raise UserError(f"family {family.name!r} has difficulties {family.difficulties}, not {unknown}")
    rng = random.Random(derive(seed, family.name, split))
    seen: set[str] = set()
    problems: list[Problem] = []
    misses = 0
    while len(problems) < count:
        difficulty = levels[len(problems) % len(levels)]
        draft = family.draft(rng, difficulty)
        content = f"{family.name}:{draft.content}"
        if content in seen or split_of(content) != split:
            misses += 1
            if misses > 1000:
                raise UserError(
                    f"family {family.name!r} has too few {split} problems at difficulty {difficulty} for "
                    f"{count}; ask for fewer or leave that difficulty out"
                )
            continue
        misses = 0
        seen.add(content)
        digest = hashlib.sha256(content.encode()).hexdigest()[:12]
        problems.append(
            Problem(
                id=f"{family.name}-{digest}",
                family=family.name,
                domain=family.domain,
                difficulty=difficulty,
                question=draft.question,
                answer=draft.answer,
                short=draft.short,
                long=draft.long,
                verifier=family.verifier,
                images=draft.images,
                caption=draft.caption,
            )
        )
    return problems
