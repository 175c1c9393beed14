"""Published formats, each record in its own file's layout, and what a bad record is told."""

import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from k15.errors import UserError
from k15.evaluation.benchmarks import read_benchmark

DATA = Path(os.environ.get("K15_DATA", Path(__file__).parents[4] / "shared" / "data"))
real_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no benchmark files at {DATA} (set K15_DATA)")


def png(color: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), color).save(buffer, format="PNG")
    return buffer.getvalue()


def jsonl(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


MMMU = {
    "id": "validation_Math_1",
    "question": "Which is shown in <image 1>?",
    "options": "['a curve', '<image 2>']",
    "answer": "B",
    "question_type": "multiple-choice",
    "image_1": {"bytes": png(), "path": "1.png"},
    "image_2": {"bytes": png("blue"), "path": "2.png"},
    "image_3": None,
}
MATHVISTA = {
    "pid": "7",
    "question": "How many?",
    "image": "images/7.png",
    "choices": ["two", "three"],
    "answer": "three",
    "question_type": "multi_choice",
}


def test_math500_keeps_the_level_as_difficulty(tmp_path: Path) -> None:
    record = {
        "problem": "Compute $1+1$.",
        "answer": "2",
        "level": "Level 3",
        "unique_id": "test/algebra/1.json",
    }
    (item,) = read_benchmark("math500", "math500", jsonl(tmp_path / "test.jsonl", record))
    assert (item.id, item.question, item.answer) == ("math500/test/algebra/1.json", "Compute $1+1$.", "2")
    assert (item.verifier, item.difficulty) == ("math", 3)


@pytest.mark.parametrize(
    ("format", "question"), [("math500", {"problem": "p"}), ("math_vision", {"question": "p", "options": []})]
)
def test_levels_in_every_spelling(format: str, question: dict[str, Any], tmp_path: Path) -> None:
    levels: list[Any] = ["Level 3", 3, 3.0, "3", "3.0", None, "Level ?"]
    records = [{**question, "answer": "1", "level": level} for level in levels]
    items = read_benchmark("b", format, jsonl(tmp_path / "a.jsonl", *records, {**question, "answer": "1"}))
    assert [item.difficulty for item in items] == [3, 3, 3, 3, 3, 0, 0, 0]
    path = jsonl(tmp_path / "b.jsonl", {**question, "answer": "1", "level": "hard"})
    with pytest.raises(UserError, match=r"b\.jsonl: line 1: field 'level' must be an integer"):
        read_benchmark("b", format, path)


def test_gsm8k_answer_is_what_follows_the_last_mark(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl.gz"
    record = {"question": "How far?", "answer": "x <<1*2=2>>\n#### 1,200"}
    path.write_bytes(gzip.compress(json.dumps(record).encode()))
    (item,) = read_benchmark("gsm8k", "gsm8k", path)
    assert (item.id, item.answer) == ("gsm8k/0", "1200")


def test_aime_in_both_spellings(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "aime.jsonl",
        {"ID": "2024-I-1", "Problem": "p", "Answer": 204},
        {"id": 61, "problem": "q", "answer": "025"},
    )
    assert [(item.id, item.answer) for item in read_benchmark("aime", "aime", path)] == [
        ("aime/2024-I-1", "204"),
        ("aime/61", "025"),
    ]


def test_mmmu_parquet_directory(tmp_path: Path) -> None:
    directory = tmp_path / "Math"
    directory.mkdir()
    pq.write_table(pa.Table.from_pylist([MMMU]), directory / "validation-00000-of-00001.parquet")
    (item,) = read_benchmark("mmmu", "mmmu", tmp_path)
    assert item.question == "Which is shown in [image 1]?\n(A) a curve\n(B) [image 2]"
    assert (item.answer, item.verifier, item.images) == ("B", "choice", (png(), png("blue")))


def test_mmmu_open_question_accepts_several_answers(tmp_path: Path) -> None:
    record = {
        "id": "x",
        "question": "q",
        "question_type": "open",
        "options": "[]",
        "answer": "['24/7', '3.429']",
    }
    (item,) = read_benchmark("mmmu", "mmmu", jsonl(tmp_path / "mmmu.jsonl", record))
    assert (item.answer, item.verifier) == ('["24/7", "3.429"]', "math")


def test_mathvista_answer_text_becomes_its_letter(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "7.png").write_bytes(png())
    (item,) = read_benchmark("mathvista", "mathvista", jsonl(tmp_path / "testmini.jsonl", MATHVISTA))
    assert (item.answer, item.verifier, item.images) == ("B", "choice", (png(),))


def test_mathvista_json_of_records_by_id(tmp_path: Path) -> None:
    record = {"question": "q", "answer": "1.2", "question_type": "free_form", "decoded_image": None}
    path = tmp_path / "testmini.json"
    path.write_text(json.dumps({"12": record}))
    (item,) = read_benchmark("mathvista", "mathvista", path)
    assert (item.id, item.answer, item.verifier) == ("mathvista/12", "1.2", "math")


def test_a_mark_cannot_pass_for_an_image_token(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "m.jsonl", {"problem": "see <image> and <image2>", "answer": "1"})
    assert read_benchmark("m", "math500", path)[0].question == "see [image 1] and [image 2]"


def test_limit_takes_the_first(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", *({"problem": str(n), "answer": "1"} for n in range(5)))
    assert [item.question for item in read_benchmark("a", "aime", path, limit=2)] == ["0", "1"]


def _not_an_image(directory: Path) -> Path:
    (directory / "images").mkdir()
    (directory / "images" / "7.png").write_bytes(b"GIF89a, or so it says")
    return jsonl(directory / "v.jsonl", MATHVISTA)


def _truncated_parquet(directory: Path) -> Path:
    path = directory / "v.parquet"
    pq.write_table(pa.Table.from_pylist([MMMU]), path)
    path.write_bytes(path.read_bytes()[:-20])
    return path


def _bytes(directory: Path, name: str, data: bytes) -> Path:
    (directory / name).write_bytes(data)
    return directory / name


PROBLEM = {"problem": "p", "answer": "1"}
BAD: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "missing file": ("math500", lambda d: d / "absent.jsonl", "absent.jsonl: no such file"),
    "empty directory": ("mmmu", lambda d: d, "holds no .jsonl"),
    "empty file": ("math500", lambda d: jsonl(d / "a.jsonl"), "a.jsonl: holds no record"),
    "missing field": (
        "math500",
        lambda d: jsonl(d / "a.jsonl", PROBLEM, {"problem": "p"}),
        "a.jsonl: line 2: has no field 'answer'",
    ),
    "wrong format": ("gsm8k", lambda d: jsonl(d / "a.jsonl", PROBLEM), "line 1: the answer has no '####'"),
    "not JSON": (
        "math500",
        lambda d: _bytes(d, "a.jsonl", b'{"problem": \n'),
        "a.jsonl: line 1: is not JSON",
    ),
    "huge number": ("math500", lambda d: _bytes(d, "a.jsonl", b"1" * 5000), "a.jsonl: line 1: is not JSON"),
    "half a surrogate pair": (
        "math500",
        lambda d: jsonl(d / "a.jsonl", {**PROBLEM, "problem": "\ud800"}),
        "line 1: field 'problem' holds half a surrogate pair",
    ),
    "not a record": ("math500", lambda d: jsonl(d / "a.jsonl", [1]), "line 1: is not a record"),
    "not UTF-8": ("math500", lambda d: _bytes(d, "a.jsonl", b"\xff\xfe"), "a.jsonl: is not UTF-8"),
    "damaged gzip": (
        "math500",
        lambda d: _bytes(d, "a.jsonl.gz", b"\x1f\x8bnope"),
        "a.jsonl.gz: cannot be read",
    ),
    "truncated Parquet": ("mmmu", _truncated_parquet, "v.parquet: cannot be read"),
    "kind of file": ("mmmu", lambda d: _bytes(d, "a.csv", b"x"), "unknown kind of file"),
    "not an image": ("mathvista", _not_an_image, "line 1: field 'image' is not an image"),
    "missing image": ("mathvista", lambda d: jsonl(d / "v.jsonl", MATHVISTA), "images/7.png cannot be read"),
    "answer outside the options": (
        "mmmu",
        lambda d: jsonl(
            d / "a.jsonl",
            {"question": "q", "question_type": "multiple-choice", "options": ["x", "y"], "answer": "C"},
        ),
        "none of the 2 options",
    ),
    "same id twice": (
        "math500",
        lambda d: jsonl(d / "a.jsonl", {**PROBLEM, "id": 1}, {**PROBLEM, "id": 1}),
        "two records have the same id",
    ),
    "unknown format": ("mmlu", lambda d: jsonl(d / "a.jsonl", PROBLEM), "unknown benchmark format 'mmlu'"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_named(case: str, tmp_path: Path) -> None:
    format, make, message = BAD[case]
    with pytest.raises(UserError) as caught:
        read_benchmark("bench", format, make(tmp_path))
    assert message in str(caught.value) and "\n" not in str(caught.value)


@real_data
@pytest.mark.parametrize(
    ("format", "path", "rows"),
    [
        ("math500", "math500/test_subset.jsonl.gz", 249),
        ("gsm8k", "gsm8k/train.jsonl.gz", 7473),
        ("math_vision", "math_vision/questions.jsonl", 120),
    ],
)
def test_real_files(format: str, path: str, rows: int) -> None:
    items = read_benchmark(format, format, DATA / path)
    assert len(items) == rows
    assert all(item.question and item.answer for item in items)
    assert all(bool(item.images) == (format == "math_vision") for item in items)


@real_data
def test_real_file_of_another_kind_is_refused() -> None:
    """The published MMMU outputs hold options and answers, but no questions."""
    with pytest.raises(UserError, match=r"Math\.json: record 1: has no field 'question'"):
        read_benchmark("mmmu", "mmmu", DATA / "mmmu_model_outputs" / "qwen_vl" / "Math.json")
