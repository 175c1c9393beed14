import json
from pathlib import Path

import pytest

from k15.errors import UserError
from k15.params import parse_params
from k15.rewards import score
from stages.prompts.candidates import Candidate, candidates, heldout
from stages.prompts.params import PromptsParams
from stages.prompts.rules import reasons_before_sampling

PARAMS = {
    "seed": 1,
    "families": {"keep": {"count": 6, "difficulties": [1, 2]}, "rendered": {"count": 3, "difficulties": [1]}},
    "sources": [],
    "heldout_checked": 20,
    "samples": 10,
    "temperature": 1.0,
    "max_tokens": 32,
    "trivial_from": 1.0,
    "easy_from": 0.7,
    "medium_from": 0.3,
    "guess_tries": 8,
    "guess_tokens": 8,
    "max_share": 0.5,
    "max_label_share": 1.0,
    "max_model_len": 128,
    "test_cases": {
        "bundled": False,
        "sources": [],
        "cases": 50,
        "agree": 0.7,
        "passing": 0.9,
        "min_valid": 40,
        "min_submissions": 10,
        "max_input_kib": 256,
        "limits": {"cpu_s": 2.0, "memory_mib": 128, "output_kib": 64},
        "written": {"attempts": 0, "temperature": 1.0, "max_tokens": 8, "max_model_len": 128},
    },
}


def params(**changes) -> PromptsParams:
    return parse_params(PromptsParams, "prompts", {**PARAMS, **changes})


def source(tmp_path: Path, *rows: object) -> PromptsParams:
    (tmp_path / "mine.jsonl").write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return params(families={}, sources=[{"name": "mine", "path": "mine.jsonl"}])


def test_generated_candidates_are_of_the_train_split(tmp_path: Path) -> None:
    found = candidates(params(), tmp_path)
    assert [item.family for item in found] == ["keep"] * 6 + ["rendered"] * 3
    assert all(item.images for item in found if item.family == "rendered")
    assert not {item.id for item in found} & {item.id for item in heldout(params())}
    assert found == candidates(params(), tmp_path)
    assert found != candidates(params(seed=2), tmp_path)


def test_a_users_file(tmp_path: Path) -> None:
    row = {"question": "What is 5 + 7?", "answer": 12, "domain": "math", "discipline": "algebra"}
    (item,) = candidates(source(tmp_path, row, ""), tmp_path)
    assert (item.family, item.answer, item.discipline, item.verifier) == ("mine", "12", "algebra", "math")


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    row = json.dumps({"question": "What is\u2028 5 + 7?", "answer": "12"}, ensure_ascii=False)
    (item,) = candidates(source(tmp_path, row), tmp_path)
    assert item.question == "What is\u2028 5 + 7?"


def test_a_held_out_problem_in_a_users_file_is_found(tmp_path: Path) -> None:
    stolen = heldout(params())[0]
    loaded = source(tmp_path, {"question": stolen.question.upper(), "answer": stolen.answer})
    items = candidates(loaded, tmp_path)
    assert reasons_before_sampling(items, heldout(params())) == {0: "held-out"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "mine.jsonl: line 1: is not JSON"),
        ("[1]", "mine.jsonl: line 1: is not a record"),
        ({"answer": "1"}, "mine.jsonl: line 1: has no field 'question'"),
        ({"question": "?"}, "mine.jsonl: line 1: has no field 'answer'"),
        ({"question": "?", "answer": None}, "mine.jsonl: line 1: has no field 'answer'"),
        ({"question": "?", "answer": {"a": "1"}}, "mine.jsonl: line 1: field 'answer' must be a text"),
        ({"question": "\ud800?", "answer": "1"}, "mine.jsonl: line 1: field 'question' holds half a surrogate"),
        ({"question": "<image> ?", "answer": "1"}, "mine.jsonl: line 1: the question holds <image>"),
        ({"question": "?", "answer": "1", "difficulty": "x"}, "line 1: field 'difficulty' must be an integer"),
        ({"question": "?", "answer": "1", "verifier": "oracle"}, "mine.jsonl: line 1: unknown verifier 'oracle'"),
        ({"question": "?", "answer": "1", "verifier": ["math"]}, "mine.jsonl: line 1: field 'verifier' must be a text"),
        ("", "no problem in it"),
    ],
)
def test_bad_sources_are_named(tmp_path: Path, row: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        candidates(source(tmp_path, row), tmp_path)


def test_missing_and_binary_sources(tmp_path: Path) -> None:
    loaded = source(tmp_path, "{}")
    (tmp_path / "mine.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is not UTF-8 text"):
        candidates(loaded, tmp_path)
    (tmp_path / "mine.jsonl").unlink()
    packages = params(families={}, sources=[{"name": "mine", "path": "contest", "format": "packages"}])
    for missing in (loaded, packages):
        with pytest.raises(UserError, match="no such file or directory; correct the path"):
            candidates(missing, tmp_path)


def test_ids_are_told_apart(tmp_path: Path) -> None:
    rows = [{"question": f"What is {n} + 7?", "answer": n + 7, "id": "7"} for n in (1, 2)]
    loaded = source(tmp_path, *rows, {**rows[0], "id": "7 (2)"})
    (tmp_path / "other.jsonl").write_text("\n".join([json.dumps(rows[0]), '{"question": "1 + 1?", "answer": "2"}'] * 2))
    both = params(families={}, sources=[*loaded.model_dump()["sources"], {"name": "other", "path": "other.jsonl"}])
    ids = [item.id for item in candidates(both, tmp_path)]
    assert ids[:4] == ["mine/7", "mine/7 (2)", "mine/7 (2) (2)", "other/7"]
    assert ids[4].startswith("other/") and ids[5:] == ["other/7 (2)", f"{ids[4]} (2)"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"families": {}}, "families and sources are both empty"),
        ({"samples": 0}, "prompts.samples must be at least 1"),
        ({"medium_from": 0.8}, "medium_from must be below easy_from"),
        ({"sources": [{"name": "a", "path": "x"}, {"name": "a", "path": "y"}]}, "two sources are called 'a'"),
        ({"sources": [{"name": "keep", "path": "x"}]}, "source 'keep' has the name of a family"),
    ],
)
def test_bad_params_are_named(changes: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        params(**changes)


def read(tmp_path: Path, rows: list[dict]) -> list[Candidate]:
    (tmp_path / "mine.jsonl").write_text("\n".join(map(json.dumps, rows)))
    document = {**PARAMS, "families": {}, "sources": [{"name": "mine", "path": "mine.jsonl"}]}
    return candidates(parse_params(PromptsParams, "prompts", document), tmp_path)


def test_what_a_verifier_reads_goes_along(tmp_path: Path) -> None:
    rows = [
        {"question": "pi?", "answer": 3.14, "verifier": "number", "tolerance": 0.01},
        {"question": "a or b?", "answer": ["a", "b"], "verifier": "string"},
        {"question": "twice", "verifier": "code_stdin", "tests": [{"input": "2", "output": "4"}], "tolerance": None},
    ]
    number, text, code = read(tmp_path, rows)
    assert score(number.record, r"\boxed{3.141}").verdict == "correct"
    assert score(number.record, r"\boxed{3.2}").verdict == "wrong"
    assert score(text.record, r"\boxed{b}").verdict == "correct"
    assert code.record == {"verifier": "code_stdin", "answer": "", "tests": [{"input": "2", "output": "4"}]}
    assert reasons_before_sampling([code], []) == {}


@pytest.mark.parametrize(("verifier", "field"), [("code_function", "tests"), ("svg", "target")])
def test_a_verifier_without_what_it_needs_is_refused(tmp_path: Path, verifier: str, field: str) -> None:
    with pytest.raises(UserError, match=f"line 1: verifier {verifier} needs the field '{field}'"):
        read(tmp_path, [{"question": "q", "verifier": verifier}])
