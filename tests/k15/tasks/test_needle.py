"""Needles: exact lengths, one statement, and only the answers marked."""

from __future__ import annotations

import random
import re

import pytest

from k15.errors import UserError
from k15.tasks import needle
from tests.k15.tiny import tokenizer

LENGTH = 300
STATEMENT = r"The code of (\w+) is (\d+)\."


def positions(ids: list[int], part: list[int]) -> list[int]:
    return [i for i in range(len(ids) - len(part) + 1) if ids[i : i + len(part)] == part]


@pytest.mark.parametrize("length", [120, 300, 301])
@pytest.mark.parametrize("depth", [0.0, 0.5, 1.0])
def test_length_and_statement(length: int, depth: float) -> None:
    found = needle.generate(length, depth, 1, tokenizer())
    assert (len(found.prompt_ids), found.length, found.depth) == (length, length, depth)
    text = tokenizer().decode(found.prompt_ids)
    ((name, code),) = re.findall(STATEMENT, text)
    assert code == found.answer
    assert text.endswith(f" The code of {name} is ") and text.count(name) == 2
    assert sum(map(str.isdigit, text)) == len(code)
    assert len(positions(found.prompt_ids, tokenizer().encode(code))) == 1


def test_depth_is_where_the_needle_lies() -> None:
    places = []
    for depth in (0.0, 0.25, 0.5, 0.75, 1.0):
        found = needle.generate(LENGTH, depth, 1, tokenizer())
        text = tokenizer().decode(found.prompt_ids)
        statement = tokenizer().encode(re.findall(r" The code of \w+ is \d+\.", text)[0])
        question = tokenizer().encode(re.findall(r" The code of \w+ is $", text)[0])
        (place,) = positions(found.prompt_ids, statement)
        room = LENGTH - len(statement) - len(question)
        places.append(place / room)
    assert places == sorted(places) and (places[0], places[-1]) == (0, 1)
    assert places == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.1)


def test_needles_are_deterministic_and_differ() -> None:
    first = needle.generate(LENGTH, 0.5, 1, tokenizer())
    assert needle.generate(LENGTH, 0.5, 1, tokenizer()) == first
    others = [needle.generate(LENGTH, 0.5, seed, tokenizer()) for seed in range(2, 10)]
    assert len({n.answer for n in others}) > 4


def test_too_short_for_the_needle() -> None:
    with pytest.raises(UserError, match=r"the needles need \d+ tokens more than the length allows"):
        needle.generate(20, 0.5, 1, tokenizer())


def test_filler_states_no_code() -> None:
    rng = random.Random(1)
    sentences = [needle.filler_sentence(rng) for _ in range(200)]
    assert not any(re.search(r"\d|code", sentence) for sentence in sentences)
    assert all(s.endswith(".") and s[0].isupper() for s in sentences)


@pytest.mark.parametrize("codes", [1, 3])
def test_document_marks_the_answers(codes: int) -> None:
    ids, marks = needle.document(LENGTH, codes, 1, tokenizer())
    assert len(ids) == len(marks) == LENGTH
    text = tokenizer().decode(ids)
    pairs = re.findall(STATEMENT, text)
    stated, asked = pairs[:codes], pairs[codes:]
    assert sorted(stated) == sorted(asked) and len(set(stated)) == codes
    first = marks.index(True)
    assert first > LENGTH / 2 and marks[-1] is True
    runs: list[list[int]] = []
    for index in range(LENGTH):
        if marks[index] and not marks[index - 1]:
            runs.append([])
        if marks[index]:
            runs[-1].append(ids[index])
    assert [tokenizer().decode(run) for run in runs] == [f"{code}." for _, code in asked]


def test_documents_ask_at_varied_depths() -> None:
    places = []
    for seed in range(12):
        text = tokenizer().decode(needle.document(LENGTH, 1, seed, tokenizer())[0])
        places.append(text.index(" The code of") / len(text))
    assert min(places) < 0.25 and max(places) > 0.5


def test_document_too_short() -> None:
    with pytest.raises(UserError, match="raise the length"):
        needle.document(60, 3, 1, tokenizer())
