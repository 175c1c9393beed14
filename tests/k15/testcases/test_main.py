import json
from pathlib import Path

import pytest

from k15.artifacts import read_rows
from k15.sandbox import AnySandbox
from k15.testcases.__main__ import main


def problems(tmp_path: Path) -> Path:
    path = tmp_path / "problems.jsonl"
    source = {"language": "python", "source": "print(int(input()) ** 2)"}
    fields = {"statement": "Square it.", "submissions": [source] * 2}
    rows = [{"id": "square", "generator": "import sys\nprint(sys.argv[1])", **fields}, {"id": "bare", **fields}]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_the_command_prints_the_yield_and_writes_both_tables(
    tmp_path: Path, sandbox: AnySandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    few = ["--cases", "4", "--min-valid", "3", "--min-submissions", "2"]
    assert main([str(problems(tmp_path)), *few, "--out", str(out)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[1].split() == ["square", "2", "0", "4", "2", "kept"]
    assert printed[2].split() == ["bare", "2", "0", "0", "0", "no-generator"]
    assert "kept                1     50%    323    32%" in printed
    assert [row["expected"] for row in read_rows(out / "cases", "test_case")] == ["1\n", "4\n", "9\n", "16\n"]
    assert [row["kept"] for row in read_rows(out / "problems", "code_problem")] == [True, False]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--agree", "0.5"], "--agree: "),
        (["--min-valid", "51"], "min_valid is 51, but there are 50 cases"),
        (["--cpu-s", "0"], "--cpu-s: "),
    ],
)
def test_mistakes_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], what: str
) -> None:
    assert main([str(problems(tmp_path)), *options]) == 2
    error = capsys.readouterr().err
    assert what in error and error.count("\n") == 1


def test_a_missing_path_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nothing")]) == 2
    assert "no such file or directory" in capsys.readouterr().err
