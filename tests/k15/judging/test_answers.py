"""Generated judged answers against an independent reading of them, and a user's own."""

import collections
import json
import math
import random
import re
from collections.abc import Hashable
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from k15.errors import UserError
from k15.judging.answers import Judged, _pairs, generate, read, split
from k15.judging.forms import FORMS

TRAIN, HELDOUT = generate("train", 60, 1), generate("heldout", 25, 1)
WORDING = re.compile(r"(?:The answer is |It is |I get )(.*)\.|(.*)")
NUMBERS = {
    **{w: i for i, w in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])},
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}


def said(answer: Judged) -> str:
    """The response without the words around it."""
    match = WORDING.fullmatch(answer.response)
    assert match is not None
    return match[1] or match[2]


def value(text: str) -> Hashable:
    """What a text stands for."""
    if text.startswith("{"):
        return frozenset(json.loads(f"[{text[1:-1]}]"))
    if text[0].isalpha():
        total = group = 0
        for word in re.split("[ -]", text):
            if word == "hundred":
                total, group = group * 100, 0
            else:
                group += NUMBERS[word]
        return Fraction(total + group)
    if match := re.fullmatch(r"(\d+) h (\d+) min", text):
        return Fraction(int(match[1]) * 60 + int(match[2]))
    if match := re.fullmatch(r"(\d+) (\d+/\d+)", text):
        return int(match[1]) + Fraction(match[2])
    if text.endswith("%"):
        return Fraction(text[:-1]) / 100
    for sign, operation in (("+", Fraction.__add__), ("*", Fraction.__mul__)):
        if sign in text:
            first, second = map(Fraction, text.split(sign))
            return operation(first, second)
    return Fraction(text.replace(",", ""))


@pytest.mark.parametrize("name", FORMS)
def test_labels_are_true(name: str) -> None:
    members = [a for a in TRAIN + HELDOUT if a.form == name]
    assert len(members) == 4 * (60 + 25)
    for answer in members:
        assert (value(answer.reference) == value(said(answer))) == answer.correct, answer
        assert said(answer) != answer.reference


def test_the_question_asks_for_the_reference() -> None:
    for answer in TRAIN:
        numbers = [Fraction(n) for n in re.findall(r"\d+(?:\.\d+)?", answer.question)]
        if "divided" in answer.question:
            assert numbers[0] / numbers[1] == value(answer.reference)
        elif answer.form == "sets":
            assert set(map(int, str(numbers[0]))) == value(answer.reference)
        else:
            assert sum(numbers) == value(answer.reference)


def test_neither_responses_nor_references_tell_the_label() -> None:
    for answers in (TRAIN, HELDOUT):
        for part in (said, lambda a: a.reference):
            right, wrong = (
                collections.Counter((a.form, part(a)) for a in answers if a.correct == x) for x in (True, False)
            )
            assert right == wrong


@pytest.mark.parametrize("seen", [lambda a: a.response, lambda a: f"{a.question}|{a.reference}"])
def test_a_judge_that_sees_one_side_only_is_right_half_of_the_time(seen) -> None:
    """Naive Bayes over the trigrams of the response, or of question and reference."""
    counts = {True: collections.Counter(), False: collections.Counter()}

    def grams(answer: Judged) -> set[str]:
        text = f"^^{seen(answer)}$$"
        return {text[i : i + 3] for i in range(len(text) - 2)}

    for answer in TRAIN:
        counts[answer.correct].update(grams(answer))
    right = 0
    for answer in HELDOUT:
        odds = sum(math.log((counts[True][g] + 1) / (counts[False][g] + 1)) for g in grams(answer))
        right += (odds > 0) == answer.correct
    assert abs(right / len(HELDOUT) - 0.5) < 0.06  # four standard deviations


def test_no_value_of_one_split_is_in_the_other() -> None:
    references = [{(a.form, a.reference) for a in answers} for answers in (TRAIN, HELDOUT)]
    values = [{(a.form, value(said(a))) for a in answers} for answers in (TRAIN, HELDOUT)]
    assert not references[0] & references[1]
    assert not values[0] & values[1]


def test_reasoning_is_sound_and_ends_in_the_label() -> None:
    for answer in TRAIN:
        for left, right in re.findall(r"([\d*+]+)=(\d+)\.", answer.reasoning):
            terms = [math.prod(map(int, term.split("*"))) for term in left.split("+")]
            assert sum(terms) == int(right), answer.reasoning
        for above, below, quotient, rest in re.findall(r"(\d+)/(\d+)=(\d+) r (\d+)", answer.reasoning):
            assert divmod(int(above), int(below)) == (int(quotient), int(rest))
        found, wanted = re.search(r"So (\S+) for (\S+):", answer.reasoning).groups()  # type: ignore[union-attr]
        assert (found == wanted) == answer.correct == (not answer.reasoning.endswith("no."))
        plain = re.sub("[{}, ]", "", answer.reference)
        assert wanted == plain


def test_a_seed_gives_the_same_answers_and_another_one_others() -> None:
    assert generate("train", 3, 7) == generate("train", 3, 7) != generate("train", 3, 8)


def test_too_many_pairs_are_refused() -> None:
    with pytest.raises(UserError, match="form 'unreduced' has fewer than 5000 heldout pairs; ask for fewer"):
        _pairs(random.Random(1), "unreduced", "heldout", 5000)


RECORDS = [
    {"question": "2+2?", "reference": "4", "response": "four", "label": True},
    {"question": "2+2?", "reference": "4", "response": "five", "label": False},
    {"question": "2+3?", "reference": 5, "response": 5, "label": "correct"},
    {"question": "2+4?", "reference": "6", "response": "7", "label": 0},
]


def test_a_users_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    answers = read("mine", file)
    assert [a.correct for a in answers] == [True, False, True, False]
    assert answers[2] == Judged("2+3?", "5", "5", True, "mine")
    pq.write_table(pa.Table.from_pylist(RECORDS[:2]), tmp_path / "mine.parquet")
    assert read("mine", tmp_path / "mine.parquet") == answers[:2]


@pytest.mark.parametrize("label", ["yes", 2, [True], 0.5])
def test_a_label_that_is_none(tmp_path: Path, label: object) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(json.dumps({**RECORDS[0], "label": label}))
    with pytest.raises(UserError, match=r"mine.jsonl: line 1: field 'label' must be true or false"):
        read("mine", file)


def test_a_file_cannot_pass_for_a_form(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'words' is a form of generated answers"):
        read("words", tmp_path)


def test_a_users_questions_are_in_one_split_only() -> None:
    answers = [Judged(f"question {i // 2}", "1", str(i), True, "mine") for i in range(400)]
    train, heldout = split(answers, "train"), split(answers, "heldout")
    assert len(train) + len(heldout) == 400 and 20 <= len(heldout) <= 70
    assert not {a.question for a in train} & {a.question for a in heldout}
