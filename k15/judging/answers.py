"""Judged answers: a question, its reference answer, a response, and whether the response is right.

Guarantees of the generated ones: labels are exact by construction; every response text stands once as a right and once
as a wrong answer, and every reference as often, so that only comparing the two tells them apart; no value of one split
is a reference, or what a response stands for, in the other.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from k15.errors import UserError
from k15.judging.forms import FORMS, Answer, Pair
from k15.records import Record, iter_records
from k15.seeds import derive
from k15.tasks.problem import Split, split_of

_WORDINGS = ("{}", "{}", "The answer is {}.", "It is {}.", "I get {}.")


@dataclass(frozen=True)
class Judged:
    """`reasoning` leads to the label; empty where nobody wrote one."""

    question: str
    reference: str
    response: str
    correct: bool
    form: str
    reasoning: str = ""


def generate(split: Split, pairs: int, seed: int) -> list[Judged]:
    """Four judged answers for each of `pairs` different pairs of every form, in random order: each of a pair's two
    texts as the response to its own reference, which is right, and to the other one, which is wrong."""
    rng = random.Random(derive(seed, "judged", split))
    answers = [
        judged for name in FORMS for pair in _pairs(rng, name, split, pairs) for judged in _judged(rng, name, pair)
    ]
    rng.shuffle(answers)
    return answers


def _pairs(rng: random.Random, name: str, split: Split, count: int) -> list[Pair]:
    found: dict[frozenset[tuple[str, str]], Pair] = {}
    misses = 0
    while len(found) < count:
        pair = FORMS[name](rng)
        key = frozenset((answer.reference, answer.text) for answer in pair)
        if key in found or any(split_of(f"{name}:{answer.reference}") != split for answer in pair):
            misses += 1
            if misses > 20_000:
                raise UserError(f"form {name!r} has fewer than {count} {split} pairs; ask for fewer")
            continue
        misses = 0
        found[key] = pair
    return list(found.values())


def _judged(rng: random.Random, name: str, pair: Pair) -> list[Judged]:
    return [
        Judged(
            asked.question,
            asked.reference,
            rng.choice(_WORDINGS).format(given.text),
            asked is given,
            name,
            reasoning(asked, given),
        )
        for asked in pair
        for given in pair
    ]


def reasoning(asked: Answer, given: Answer) -> str:
    """From the response to the reference's form, then sign by sign until they differ."""
    wanted, found = (_plain(answer.reference) for answer in (asked, given))
    compared = []
    for here, there in zip_longest(found, wanted, fillvalue="-"):
        compared.append(f"{here}{there} same." if here == there else f"{here}{there} no.")
        if here != there:
            break
    return " ".join([*(f"{step}." for step in given.steps), f"So {found} for {wanted}:", *compared])


def _plain(reference: str) -> str:
    """Without the punctuation of a set."""
    return reference.translate({ord(sign): None for sign in "{}, "})


def read(name: str, path: Path) -> list[Judged]:
    """A user's judged answers: records with `question`, `reference`, `response` and `label` (true or false, 1 or 0,
    "correct" or "wrong")."""
    if name in FORMS:
        raise UserError(f"{name!r} is a form of generated answers; name the file {path} otherwise")
    answers = []
    for located in iter_records(path):
        record = Record(*located)
        question, reference, response = (record.text(field) for field in ("question", "reference", "response"))
        answers.append(Judged(question, reference, response, _label(record), name))
    return answers


def _label(record: Record) -> bool:
    value = record.get("label")
    if value in (True, "correct"):
        return True
    if value in (False, "wrong"):
        return False
    raise record.error(f"field 'label' must be true or false, 1 or 0, 'correct' or 'wrong' (got {value!r:.60})")


def split(answers: Sequence[Judged], wanted: Split) -> list[Judged]:
    """Those of one split: all answers to one question are in the same."""
    return [answer for answer in answers if split_of(f"{answer.form}:{answer.question}") == wanted]
