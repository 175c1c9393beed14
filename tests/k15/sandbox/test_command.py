"""`python -m k15.sandbox`."""

import json
from pathlib import Path

import pytest

from k15.sandbox import Sandbox
from k15.sandbox.__main__ import main


def test_runs_a_file(sandbox: Sandbox, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program, given = tmp_path / "p.py", tmp_path / "in"
    program.write_text("import sys\nprint(sys.argv[1], input())\nprint('note', file=sys.stderr)")
    given.write_text("read")
    assert main(["run", str(program), "arg", "--stdin", str(given)]) == 0
    out, err = capfd.readouterr()
    assert out == "arg read\n"
    assert err.splitlines()[0] == "note"
    assert err.splitlines()[1].startswith("ok; 0.0")


def test_exit_codes(sandbox: Sandbox, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "p.py"
    program.write_text("1 // 0")
    assert main(["run", str(program), "--json"]) == 1
    assert json.loads(capfd.readouterr().out)["status"] == "runtime_error"
    program.write_text("while True: pass")
    assert main(["run", str(program), "--cpu-s", "0.2"]) == 1
    assert "cpu limit (used 0.2 s of CPU time)" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "missing.py"], "missing.py: No such file or directory"),
        (["run", "Makefile"], "its suffix names no language; give --language"),
        (["run", "Makefile", "--language", "cobol"], "unknown language 'cobol'"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    err = capfd.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_check_names_layers_and_languages(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    out = capfd.readouterr().out
    assert "yes cgroups" in out
    assert "yes python" in out
