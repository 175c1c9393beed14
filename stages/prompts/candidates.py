"""Candidate problems of the RL prompt set: generated ones of the train split, and the user's own files."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k15.errors import UserError
from k15.rewards import VERIFIERS
from k15.seeds import derive
from k15.tasks import FAMILIES, Split, generate
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

    @property
    def record(self) -> dict[str, Any]:
        """What a verifier needs."""
        return {"verifier": self.verifier, "answer": self.answer}


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
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise UserError(f"{source.path}: no such file; correct the path of prompts.sources {source.name!r}") from None
    except (IsADirectoryError, UnicodeDecodeError):
        raise UserError(f"{source.path}: not a UTF-8 text file; prompts.sources takes JSONL files") from None
    found = [_candidate(line, f"{source.path}:{n}", source) for n, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise UserError(f"{source.path}: no problem in it; remove it from prompts.sources or fill it")
    return found


def _candidate(line: str, where: str, source: Source) -> Candidate:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(f"{where}: not JSON ({error.msg}); write one object a line") from None
    if not isinstance(row, dict) or not isinstance(row.get("question"), str) or "answer" not in row:
        raise UserError(f"{where}: needs a `question` string and an `answer`; add them")
    difficulty, verifier = row.get("difficulty", 0), row.get("verifier", "math")
    if not isinstance(difficulty, int):
        raise UserError(f"{where}: difficulty must be an integer (got {difficulty!r})")
    if verifier not in VERIFIERS:
        raise UserError(f"{where}: unknown verifier {verifier!r}; use one of {', '.join(sorted(VERIFIERS))}")
    digest = hashlib.sha256(row["question"].encode()).hexdigest()[:12]
    return Candidate(
        id=str(row.get("id", f"{source.name}-{digest}")),
        family=source.name,
        domain=str(row.get("domain", "math")),
        discipline=str(row.get("discipline", source.name)),
        difficulty=difficulty,
        question=row["question"],
        answer=str(row["answer"]),
        verifier=verifier,
    )
