"""Candidate problems of the RL prompt set: generated ones of the train split, and the user's own files."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from k15.errors import UserError
from k15.records import Record, iter_records
from k15.rewards.spec import read_record
from k15.seeds import derive
from k15.tasks import FAMILIES, Split, generate
from k15.tokenizer import IMAGE, SPECIAL_TOKENS
from stages.prompts.formats import FORMATS, Given
from stages.prompts.packages import read_packages
from stages.prompts.params import Format, PromptsParams, Source
from stages.prompts.tags import tags


@dataclass(frozen=True)
class Candidate:
    id: str
    family: str
    domain: str
    discipline: str
    difficulty: int
    question: str
    answer: str
    verifier: str
    images: tuple[bytes, ...] = ()
    spec: str = ""
    """What the verifier reads besides."""
    barred: str = ""
    """Why its source says that it cannot be a prompt."""

    @property
    def record(self) -> dict[str, Any]:
        """What a verifier needs."""
        return read_record(self.verifier, self.answer, self.spec)


def candidates(params: PromptsParams, root: Path) -> list[Candidate]:
    """All candidates, in an order that depends on nothing but params and the source files; no two have one id."""
    found = [item for family in sorted(params.families) for item in _generated(params, family, "train")]
    for source in params.sources:
        found.extend(_read(root / source.path, source))
    return list(_distinct(found))


def _distinct(items: Iterable[Candidate]) -> Iterator[Candidate]:
    """Of an id that comes again the second is numbered, as in `set/7 (2)`: artifacts name a problem by its id."""
    seen: set[str] = set()
    for item in items:
        name = next(name for name in _numbered(item.id) if name not in seen)
        seen.add(name)
        yield item if name == item.id else replace(item, id=name)


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name} ({number})" for number in count(2))


def heldout(params: PromptsParams) -> list[Candidate]:
    """Problems that must not be trained on."""
    families = sorted(params.families) if params.heldout_checked else []
    return [item for family in families for item in _generated(params, family, "heldout")]


def _generated(params: PromptsParams, family: str, split: Split) -> Iterator[Candidate]:
    share = params.families[family]
    wanted = share.count if split == "train" else params.heldout_checked
    for problem in generate(family, split, wanted, derive(params.seed, "prompts", split), share.difficulties):
        yield Candidate(
            id=problem.id,
            family=family,
            domain=problem.domain,
            discipline=FAMILIES[family].discipline,
            difficulty=problem.difficulty,
            question=problem.question,
            answer=problem.answer,
            verifier=problem.verifier,
            images=problem.images,
        )


def _read(path: Path, source: Source) -> list[Candidate]:
    given = read_packages(path) if source.format == "packages" else _records(path, source.format)
    found = [_candidate(one, source) for one in given]
    if not found:
        raise UserError(f"{path}: no problem in it; remove it from prompts.sources or fill it")
    return found


def _records(path: Path, format: Format) -> Iterator[Given]:
    for located in iter_records(path):
        record = Record(*located)
        given = FORMATS[format](record)
        if (mark := SPECIAL_TOKENS[IMAGE]) in given.question:
            raise record.error(f"the question holds {mark}, but problems of prompts.sources have no images; remove it")
        yield given


def _candidate(given: Given, source: Source) -> Candidate:
    digest = hashlib.sha256(given.question.encode()).hexdigest()[:12]
    found = tags(given.question, given.subject, given.domain)
    return Candidate(
        id=f"{source.name}/{given.id or digest}",
        family=source.name,
        domain=found.domain,
        discipline=found.discipline,
        difficulty=given.difficulty,
        question=given.question,
        answer=given.answer,
        verifier=given.verifier,
        spec=given.spec,
        barred=given.barred,
    )
