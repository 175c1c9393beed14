"""Vision-language documents of the five kinds of App. B, drawn by the vision families of `k15.tasks`.

Guarantees: no held-out picture appears; a text has one `<image>` per picture, where the picture stands.
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

Kind = Literal["caption", "interleaved", "ocr", "knowledge", "qa"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Questions with answers teach most a picture; captions are limited, as their texts are synthetic (App. B).
_CYCLE: tuple[Kind, ...] = ("qa", "ocr", "qa", "interleaved", "qa", "caption", "qa", "knowledge", "qa", "ocr")
_BATCH = 48


@dataclass(frozen=True)
class VisionDocument:
    """`text` with one `<image>` for each of `images` (PNG)."""

    id: str
    kind: Kind
    text: str
    images: tuple[bytes, ...]


def _pictures(families: Sequence[str], seed: int) -> Iterator[Problem]:
    """Problems of the families in turn, without end."""
    for batch in counter():
        drawn = [tasks.generate(family, "train", _BATCH, derive(seed, batch)) for family in families]
        for problems in zip(*drawn, strict=True):
            yield from problems


def _seen(problem: Problem) -> str:
    """What is to be seen, in words: the short solution without its boxed answer."""
    return problem.short.split("\\boxed")[0].strip()


class _Writer:
    """Writes the documents of one kind."""

    def __init__(self, kind: Kind, seed: int) -> None:
        vision = [name for name, family in tasks.FAMILIES.items() if family.vision]
        rendered = [name for name in vision if tasks.FAMILIES[name].discipline == "text-rendered"]
        self.rng = random.Random(derive(seed, kind))
        self.pictures = _pictures(rendered if kind == "ocr" else vision, derive(seed, kind))
        self.entities = knowledge.world(random.Random(derive(seed, "world")))

    def caption(self) -> tuple[str, list[Problem]]:
        problem = next(self.pictures)
        form = self.rng.choice(("<image>{}", "<image>\nPicture: {}", "A picture: <image> {}"))
        return form.format(_seen(problem)), [problem]

    def interleaved(self) -> tuple[str, list[Problem]]:
        problems = [next(self.pictures) for _ in range(self.rng.randint(1, 3))]
        parts = [english.generate(self.rng)] if self.rng.random() < 0.5 else []
        parts += [f"<image>\n{_seen(problem)}" for problem in problems]
        return "\n".join(parts), problems

    def ocr(self) -> tuple[str, list[Problem]]:
        problem = next(self.pictures)
        form = self.rng.choice(("<image>{}", "<image>\nText: {}", "Page: <image>\n{}"))
        return form.format(_seen(problem)), [problem]

    def knowledge(self) -> tuple[str, list[Problem]]:
        problem = next(self.pictures)
        entity = self.rng.choice(self.entities)
        fact = knowledge.state(self.rng, entity, self.rng.choice(list(entity.facts)))
        return f"{fact} <image>\nFigure of {entity.name}: {_seen(problem)}", [problem]

    def qa(self) -> tuple[str, list[Problem]]:
        problem = next(self.pictures)
        return f"<|user|><image>{problem.question}<|assistant|>{problem.short}<|end|>", [problem]


def generate(count: int, seed: int) -> Iterator[VisionDocument]:
    """`count` documents, the kinds in the proportions of `_CYCLE`."""
    writers = {kind: _Writer(kind, seed) for kind in KINDS}
    write: dict[Kind, Callable[[], tuple[str, list[Problem]]]] = {
        kind: getattr(writer, kind) for kind, writer in writers.items()
    }
    for number in range(count):
        kind = _CYCLE[number % len(_CYCLE)]
        text, problems = write[kind]()
        images = tuple(image for problem in problems for image in problem.images)
        yield VisionDocument(f"{GENERATED}/vision/{number:07d}", kind, text, images)
