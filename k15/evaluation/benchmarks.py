"""Published benchmarks read from their own files: MATH-500, GSM8K, AIME, MATH-Vision, MMMU, MathVista.

A path is a file (.jsonl, .json, .parquet; .gz too) or a directory of such files. Every bad record is reported
with its file and its line (JSON Lines) or record number. Images are bytes in the record or a path beside
the file; they are opened here, so that a broken one is found before anything is generated. The questions'
image marks (`<image 1>`) become `[image 1]`: the model sees all images in front of the question.
"""

import ast
import io
import re
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image

from k15.errors import UserError
from k15.evaluation.items import Item, join_answers
from k15.records import Record, iter_records

IMAGE_MARK = re.compile(r"<image\s*(\d*)>")
_SOLUTIONS = {"gsm8k": "answer", "mmmu": "explanation"}
"""Where a format's solutions stand, but for those of field `solution`."""


class BenchmarkRecord(Record):
    """A record with the lists and images of the published formats."""

    def listed(self, name: str) -> list[str]:
        """A list of texts; MMMU writes it as the text of a Python list."""
        value = self.fields.get(name)
        if isinstance(value, str):
            try:
                value = ast.literal_eval(value)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                raise self.error(f"field {name!r} is not a list (got {value!r:.60})") from None
        if not isinstance(value, list | None):
            raise self.error(f"field {name!r} is not a list (got {value!r:.60})")
        return [str(one) for one in value or []]

    def solution(self, name: str) -> str:
        """How the answer is found; many a record does not say."""
        value = self.fields.get(name)
        return value.strip() if isinstance(value, str) else ""

    def images(self, *names: str) -> tuple[bytes, ...]:
        return tuple(self._image(name) for name in names if self.fields.get(name) is not None)

    def _image(self, name: str) -> bytes:
        value = self.fields[name]
        if isinstance(value, dict):
            value = value.get("bytes") or value.get("path")
        if isinstance(value, str):
            path = self.file.parent / value
            try:
                value = path.read_bytes()
            except OSError as error:
                raise self.error(f"image {path} cannot be read ({error.strerror})") from None
        if not isinstance(value, bytes):
            raise self.error(f"field {name!r} is neither image bytes nor a path")
        try:
            Image.open(io.BytesIO(value)).load()
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            raise self.error(f"field {name!r} is not an image that can be opened") from None
        return value


def read_benchmark(name: str, format: str, path: Path, limit: int | None = None) -> list[Item]:
    """The first `limit` items of the benchmark at `path`; ids are `<name>/<the record's own id>`."""
    if format not in FORMATS:
        raise UserError(f"unknown benchmark format {format!r}; known are {', '.join(sorted(FORMATS))}")
    items: list[Item] = []
    for located in iter_records(path):
        if limit is not None and len(items) == limit:
            break
        record = BenchmarkRecord(*located)
        item = FORMATS[format](record, f"{name}/{_id(record, len(items))}")
        solution = record.solution(_SOLUTIONS.get(format, "solution"))
        items.append(replace(item, question=_unmark(item.question), solution=solution))
    if not items:
        raise UserError(f"{path}: holds no record; give the file or directory of the benchmark {name!r}")
    if len({item.id for item in items}) < len(items):
        raise UserError(f"{path}: two records have the same id; keep each problem of {name!r} once")
    return items


def _id(record: BenchmarkRecord, number: int) -> str:
    ids = ("unique_id", "id", "ID", "pid")
    return next((str(record.fields[key]) for key in ids if record.fields.get(key) is not None), str(number))


def _math500(record: BenchmarkRecord, id: str) -> Item:
    return Item(id, record.text("problem"), record.text("answer"), "math", record.level("level"))


def _gsm8k(record: BenchmarkRecord, id: str) -> Item:
    _, mark, answer = record.text("answer").rpartition("####")
    if not mark:
        raise record.error("the answer has no '####' line; is this a GSM8K file?")
    return Item(id, record.text("question"), answer.strip().replace(",", ""), "math")


def _aime(record: BenchmarkRecord, id: str) -> Item:
    return Item(id, record.text("problem", "Problem"), record.text("answer", "Answer"), "math")


def _math_vision(record: BenchmarkRecord, id: str) -> Item:
    question, options = record.text("question"), record.listed("options")
    answer, images = record.text("answer"), record.images("image")
    difficulty = record.level("level")
    if options:
        return _choice(record, id, question, options, answer, images, difficulty)
    return Item(id, question, answer, "math", difficulty, images)


def _mmmu(record: BenchmarkRecord, id: str) -> Item:
    question, options = record.text("question"), record.listed("options")
    images = record.images(*(f"image_{number}" for number in range(1, 8)))
    if record.text("question_type") == "multiple-choice":
        return _choice(record, id, question, options, record.text("answer"), images, 0)
    answer = record.get("answer")
    several = isinstance(answer, list) or str(answer).startswith("[")
    answers = record.listed("answer") if several else [str(answer)]
    if not answers:
        raise record.error("field 'answer' is empty")
    return Item(id, question, join_answers(answers), _verifier(answers[0]), 0, images)


def _mathvista(record: BenchmarkRecord, id: str) -> Item:
    question, choices, answer = record.text("question"), record.listed("choices"), record.text("answer")
    images = record.images("decoded_image") or record.images("image")
    if record.text("question_type") == "multi_choice":
        if answer not in choices:
            raise record.error(f"the answer {answer!r:.40} is none of the choices")
        letter = string.ascii_uppercase[choices.index(answer)]
        return _choice(record, id, question, choices, letter, images, 0)
    return Item(id, question, answer, _verifier(answer), 0, images)


def _choice(
    record: BenchmarkRecord,
    id: str,
    question: str,
    options: list[str],
    answer: str,
    images: tuple[bytes, ...],
    difficulty: int,
) -> Item:
    letters = string.ascii_uppercase[: len(options)]
    if len(answer) != 1 or answer not in letters:
        raise record.error(f"the answer {answer!r:.40} is none of the {len(options)} options' letters")
    lines = [question, *(f"({letter}) {option}" for letter, option in zip(letters, options, strict=False))]
    return Item(id, "\n".join(lines), answer, "choice", difficulty, images)


def _verifier(answer: str) -> str:
    return "math" if re.search(r"\d", answer) else "string"


def _unmark(question: str) -> str:
    return IMAGE_MARK.sub(lambda mark: f"[image {mark[1] or 1}]", question)


FORMATS: dict[str, Callable[[BenchmarkRecord, str], Item]] = {
    "math500": _math500,
    "gsm8k": _gsm8k,
    "aime": _aime,
    "math_vision": _math_vision,
    "mmmu": _mmmu,
    "mathvista": _mathvista,
}
