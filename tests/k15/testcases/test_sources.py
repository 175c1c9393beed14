import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from k15.errors import UserError
from k15.testcases.problem import CodeProblem, Submission
from k15.testcases.sources import BUNDLED, load_problems, unique

PROBLEM = {
    "id": "double",
    "statement": "Print twice the number.",
    "submissions": [{"language": "python", "source": "print(2 * int(input()))"}, {"language": "C", "source": "int x;"}],
}


def stored(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps({**PROBLEM, **changes}) + "\n")
    return path


def test_a_record(tmp_path: Path) -> None:
    (found,) = load_problems(stored(tmp_path, generator="print(1)", tolerance=1e-6, case_sensitive=False))
    assert found == CodeProblem(
        id="double",
        statement="Print twice the number.",
        submissions=(Submission("1", "python", "print(2 * int(input()))"), Submission("2", "C", "int x;")),
        generator="print(1)",
        tolerance=1e-6,
        case_sensitive=False,
    )


def test_a_parquet_file(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([PROBLEM]), tmp_path / "problems.parquet")
    assert load_problems(tmp_path / "problems.parquet") == load_problems(stored(tmp_path))


def test_what_a_record_leaves_out(tmp_path: Path) -> None:
    (found,) = load_problems(stored(tmp_path))
    assert (found.generator, found.special_judge, found.tolerance, found.case_sensitive) == (None, False, None, True)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"submissions": "print(1)"}, "'submissions' must be a list"),
        ({"submissions": ["print(1)"]}, "submission 1 must be a record"),
        ({"submissions": [{"language": "python"}]}, "submission 1: has no field 'source'"),
        ({"special_judge": "no"}, "'special_judge' must be true or false"),
        ({"tolerance": "1e-6"}, "'tolerance' must be a number"),
        ({"tolerance": 2}, "'tolerance' must be a number"),
        ({"id": ""}, "'id' must be a text"),
    ],
)
def test_mistakes_name_their_place(tmp_path: Path, changes: dict[str, Any], what: str) -> None:
    with pytest.raises(UserError, match=f"problems.jsonl: line 1: .*{what}"):
        load_problems(stored(tmp_path, **changes))


def test_stored_generators_are_for_problems_that_bring_none(tmp_path: Path) -> None:
    generators = tmp_path / "generators"
    generators.mkdir()
    (generators / "double.py").write_text("print(7)")
    assert load_problems(stored(tmp_path), generators)[0].generator == "print(7)"
    assert load_problems(stored(tmp_path, generator="print(1)"), generators)[0].generator == "print(1)"
    assert load_problems(stored(tmp_path, id="treble"), generators)[0].generator is None
    with pytest.raises(UserError, match="no such directory of generators"):
        load_problems(stored(tmp_path), tmp_path / "elsewhere")


def test_names_are_unique() -> None:
    problem = CodeProblem("a", "", ())
    with pytest.raises(UserError, match="two code problems are called 'a'"):
        unique([problem, problem])


def test_bundled_problems_have_ten_different_submissions() -> None:
    found = load_problems(BUNDLED)
    assert len(found) == 8 and sum(problem.special_judge for problem in found) == 1
    for problem in found:
        assert problem.generator and problem.statement
        assert len({submission.source for submission in problem.submissions}) == 10
    assert {problem.id: problem.tolerance for problem in found}["speed"] == 1e-6
