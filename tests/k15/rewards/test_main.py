"""The command line, mostly in this process; once as a user starts it."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from k15.rewards.__main__ import BATCH, main

ROOT = Path(__file__).resolve().parents[3]


def line(id: str, answer: Any = "7", response: str = r"\boxed{7}", verifier: str = "math", **fields: Any) -> str:
    return json.dumps({"id": id, "verifier": verifier, "answer": answer, "response": response, **fields}) + "\n"


def test_a_verdict_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(line("a") + "\n" + line("b", response=r"\boxed{8}") + line("c", "abcde", r"\boxed{abcxy}", "ocr"))
    assert main(["score", str(file)]) == 0
    rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [(row["id"], row["verdict"], row["reward"]) for row in rows] == [
        ("a", "correct", 1.0),
        ("b", "wrong", 0.0),
        ("c", "correct", 0.6),
    ]
    assert set(rows[0]) == {"id", "verdict", "reward", "why", "cpu_s"}


def test_the_reading_is_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(line("a", response="The answer is 7."))
    assert main(["score", str(file)]) == main(["score", str(file), "--mode", "eval"]) == 0
    assert [json.loads(row)["verdict"] for row in capsys.readouterr().out.splitlines()] == ["wrong", "correct"]


def test_errors_have_no_reward_and_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(line("a", answer="") + line("b"))
    assert main(["score", str(file)]) == 3
    captured = capsys.readouterr()
    assert [json.loads(row)["reward"] for row in captured.out.splitlines()] == [None, 1.0]
    assert captured.err == "rewards: 1 responses without a verdict; see their why\n"


def test_order_is_kept_over_batches(tmp_path: Path) -> None:
    file, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    count = 2 * BATCH + 3
    file.write_text("".join(line(str(n), response=f"\\boxed{{{n % 9}}}") for n in range(count)))
    assert main(["score", str(file), "--output", str(output)]) == 0
    rows = [json.loads(row) for row in output.read_text().splitlines()]
    assert [row["id"] for row in rows] == [str(n) for n in range(count)]
    assert [row["reward"] for row in rows] == [float(n % 9 == 7) for n in range(count)]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "must be an object"),
        ('{"id": "a"}', "field 'verifier' is missing or no str"),
        ('{"id": null, "verifier": "math", "response": ""}', "field 'id' is missing or no str"),
        ('{"id": "a", "verifier": "math", "response": "x"}', "field 'answer' must be"),
        ('{"id": "a", "verifier": "proof", "response": "x"}', "unknown verifier 'proof'"),
        (
            '{"id": "a", "verifier": "number", "response": "\\\\boxed{1}", "answer": "1", "tolerance": -1}',
            "field 'tolerance'",
        ),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(
    bad: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_text(line("a") * (BATCH + 1) + bad + "\n" + line("c"))
    output.write_text("from before")
    assert main(["score", str(file), "--output", str(output)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"rewards: error: line {BATCH + 2}: {what}")
    assert error.count("\n") == 1
    assert output.read_text() == "from before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_bytes_that_are_no_text_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(line("a").encode() + b'{"id": "\xff"}\n'))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert main(["score", "-"]) == 2
    assert "line 2: not JSON in UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["missing/out.jsonl", "."])
def test_files_that_cannot_be_opened_are_named(output: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(line("a"))
    assert main(["score", str(tmp_path / "absent.jsonl")]) == 2
    assert main(["score", str(file), "--output", str(tmp_path / output)]) == 2
    assert capsys.readouterr().err.count("rewards: error: ") == 2


def test_from_a_shell() -> None:
    command = [sys.executable, "-m", "k15.rewards", "score", "-"]
    done = subprocess.run(command, input=line("a", "1/2", r"\boxed{0.5}"), capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["verdict"] == "correct"


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    command = f"{sys.executable} -m k15.rewards score - | head -n 1"
    lines = "".join(line(str(n)) for n in range(3000))
    done = subprocess.run(["bash", "-c", command], input=lines, capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == ""
    assert json.loads(done.stdout)["id"] == "0"
