"""Candidate problems of the RL prompt set: generated ones of the train split, and the user's own files."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k15.errors import UserError
from k15.records import Record, iter_records
from k15.rewards import VERIFIERS
from k15.rewards.spec import NEEDED, read_record, write_spec
from k15.seeds import derive
from k15.tasks import FAMILIES, Split, generate
from k15.tokenizer import IMAGE, SPECIAL_TOKENS
from stages.prompts.params import PromptsParams, Source


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

    @property
    def record(self) -> dict[str, Any]:
        """What a verifier needs."""
        return read_record(self.verifier, self.answer, self.spec)


def candidates(params: PromptsParams, root: Path) -> list[Candidate]:
    """All candidates, in an order that depends on nothing but params and the source files."""
    found = [item for family in sorted(params.families) for item in _generated(params, family, "train")]
    for source in params.sources:
        found.extend(_read(root / source.path, source))
    return found


def heldout(params: PromptsParams) -> list[Candidate]:
    """Problems that must not be trained on."""
    families = sorted(params.families) if params.heldout_checked else []
    return [item for family in families for item in _generated(params, family, "heldout")]


def _generated(params: PromptsParams, family: str, split: Split) -> Iterator[Candidate]:
    share = params.families[family]
    count = share.count if split == "train" else params.heldout_checked
    for problem in generate(family, split, count, derive(params.seed, "prompts", split), share.difficulties):
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
    found = [_candidate(Record(*located), source) for located in iter_records(path)]
    if not found:
        raise UserError(f"{path}: no problem in it; remove it from prompts.sources or fill it")
    return found


def _candidate(record: Record, source: Source) -> Candidate:
    question, verifier = record.text("question"), record.text("verifier", default="math")
    if (mark := SPECIAL_TOKENS[IMAGE]) in question:
        raise record.error(f"the question holds {mark}, but problems of prompts.sources have no images; remove it")
    if verifier not in VERIFIERS:
        raise record.error(f"unknown verifier {verifier!r:.60}; use one of {', '.join(sorted(VERIFIERS))}")
    digest = hashlib.sha256(question.encode()).hexdigest()[:12]
    return Candidate(
        id=record.text("id", default=f"{source.name}-{digest}"),
        family=source.name,
        domain=record.text("domain", default="math"),
        discipline=record.text("discipline", default=source.name),
        difficulty=record.level("difficulty"),
        question=question,
        answer=_answer(record, verifier),
        verifier=verifier,
        spec=_spec(record, verifier),
    )


def _answer(record: Record, verifier: str) -> str:
    """One, or a JSON list of accepted ones; empty for a proof, and where tests or a picture take its place."""
    given = record.fields.get("answer")
    if given == "" or (given is None and verifier in NEEDED):
        return ""
    if isinstance(given, list) and given and all(isinstance(one, str | int | float) for one in given):
        return json.dumps([str(one) for one in given], ensure_ascii=False)
    return record.text("answer")


def _spec(record: Record, verifier: str) -> str:
    if verifier in NEEDED and not record.fields.get(NEEDED[verifier]):
        raise record.error(f"verifier {verifier} needs the field {NEEDED[verifier]!r}")
    try:
        return write_spec(record.fields)
    except TypeError as error:
        raise record.error(f"a field of verifier {verifier} cannot be kept ({error})") from None
