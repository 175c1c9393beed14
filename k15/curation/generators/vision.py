"""Vision-language documents of the five kinds of App. B, drawn by `k15.tasks`.

All but the questions say everything that their pictures show: a tower learns from every mark on a page, where a
question asks for one of them. Guarantees: no held-out picture appears; a text has one `<image>` per picture, where the
picture stands.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count as counter
from typing import Literal, get_args

from k15 import tasks
from k15.curation.generators import english, knowledge
from k15.curation.sources import GENERATED
from k15.seeds import derive
from k15.tasks.problem import Problem
from k15.tasks.vision import page

Kind = Literal["caption", "interleaved", "ocr", "knowledge", "qa"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Pages teach reading and questions looking; captions are limited, as their texts are synthetic (App. B).
_CYCLE: tuple[Kind, ...] = ("qa", "ocr", "qa", "interleaved", "ocr", "qa", "ocr", "caption", "qa", "knowledge")
_BATCH = 48
Pictures = tuple[bytes, ...]


@dataclass(frozen=True)
class VisionDocument:
    """`text` with one `<image>` for each of `images` (PNG). `meta`: what was drawn, as JSON."""

    id: str
    kind: Kind
    text: str
    images: Pictures
    meta: str = "{}"


def _pictures(families: Sequence[str], seed: int) -> Iterator[Problem]:
    """Problems of the families in turn, without end."""
    for batch in counter():
        drawn = [tasks.generate(family, "train", _BATCH, derive(seed, batch)) for family in families]
        for problems in zip(*drawn, strict=True):
            yield from problems


class _Writer:
    """Writes the documents of one kind."""

    def __init__(self, kind: Kind, seed: int) -> None:
        families = [name for name, family in tasks.FAMILIES.items() if family.vision]
        self.rng = random.Random(derive(seed, kind))
        self.pictures = _pictures(families, derive(seed, kind))
        self.entities = knowledge.world(random.Random(derive(seed, "world")))

    def caption(self) -> tuple[str, Pictures]:
        problem = next(self.pictures)
        form = self.rng.choice(("<image>{}", "<image>\nPicture: {}", "A picture: <image> {}"))
        return form.format(problem.caption), problem.images

    def interleaved(self) -> tuple[str, Pictures]:
        problems = [next(self.pictures) for _ in range(self.rng.randint(1, 3))]
        parts = [english.generate(self.rng)] if self.rng.random() < 0.5 else []
        parts += [f"<image>\n{problem.caption}" for problem in problems]
        return "\n".join(parts), tuple(png for problem in problems for png in problem.images)

    def ocr(self) -> tuple[str, Pictures]:
        text, picture = page(self.rng)
        form = self.rng.choice(("<image>{}", "<image>\nText: {}", "Page: <image>\n{}"))
        return form.format(text), (picture,)

    def knowledge(self) -> tuple[str, Pictures]:
        problem = next(self.pictures)
        entity = self.rng.choice(self.entities)
        fact = knowledge.state(self.rng, entity, self.rng.choice(list(entity.facts)))
        return f"{fact} <image>\nFigure of {entity.name}: {problem.caption}", problem.images

    def qa(self) -> tuple[str, Pictures]:
        problem = next(self.pictures)
        return f"<|user|><image>{problem.question}<|assistant|>{problem.short}<|end|>", problem.images


def share(kind: Kind) -> float:
    """Of all documents, how many are of `kind`."""
    return _CYCLE.count(kind) / len(_CYCLE)


def generate(kind: Kind, count: int, seed: int) -> Iterator[VisionDocument]:
    """Those of `kind` among `count` documents, the kinds in the proportions of `_CYCLE`."""
    write: Callable[[], tuple[str, Pictures]] = getattr(_Writer(kind, seed), kind)
    for number in range(count):
        if _CYCLE[number % len(_CYCLE)] == kind:
            text, images = write()
            yield VisionDocument(f"{GENERATED}/vision/{number:07d}", kind, text, images)
