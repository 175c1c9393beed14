"""The labelled sets of functions, as problem records with responses and what their labels say."""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.verifiers import DATA, gzipped_rows
from k15.rewards.code import entry_point_of

CPU_S = 1.0
"""What the faulty programs of these sets, of which many never end, may use; the right ones take a small part of it."""


@dataclass(frozen=True)
class Labelled:
    name: str
    record: dict[str, Any]
    response: str
    correct: bool


@dataclass(frozen=True)
class FunctionProblem:
    name: str
    record: dict[str, Any]
    entry_point: str
    solution: str
    """As published: HumanEval's are bodies that continue the prompt."""
    program: str
    """The solution as a whole program."""


def fenced(program: str) -> str:
    return f"```python\n{program}\n```"


def _record(tests: list[str], **fields: str) -> dict[str, Any]:
    return {"verifier": "code_function", "tests": tests, "limits": {"cpu_s": CPU_S}, **fields}


def humaneval() -> Iterator[FunctionProblem]:
    for row in gzipped_rows(DATA / "humaneval" / "HumanEval_subset.jsonl.gz"):
        solution = row["canonical_solution"]
        yield FunctionProblem(row["task_id"], _humaneval(row), row["entry_point"], solution, row["prompt"] + solution)


def _humaneval(row: dict[str, Any]) -> dict[str, Any]:
    name = row["entry_point"]
    return _record([f"{row['test']}\ncheck({name})"], prompt=row["prompt"], entry_point=name)


def mbpp() -> Iterator[FunctionProblem]:
    for row in gzipped_rows(DATA / "mbpp" / "mbpp_subset.jsonl.gz"):
        tests, code = row["test_list"], row["code"]
        record = _record(tests, setup=row["test_setup_code"])
        yield FunctionProblem(f"MBPP/{row['task_id']}", record, str(entry_point_of(tests)), code, code)


def labelled_solutions() -> Iterator[Labelled]:
    folder = DATA / "humaneval_labelled_solutions"
    for row in gzipped_rows(folder / "reflexion_humaneval_subset.jsonl.gz"):
        yield Labelled(row["task_id"], _humaneval(row), fenced(row["solution"]), row["is_solved"])


def student_programs() -> Iterator[Labelled]:
    """The programs in `fail` are wrong ones, too, by their names: those that the set's makers did not repair."""
    for path in sorted((DATA / "student_programs").resolve(strict=True).glob("*.tar.gz")):
        files = archived(path)
        calls = sorted(name for name in files if name.startswith("ans/input_"))
        tests = [
            f"assert {files[name].strip()} == ({files[name.replace('input', 'output')].strip()})" for name in calls
        ]
        record = _record(tests, prompt=files.get("code/global.py", ""))
        for name, source in files.items():
            kind = PurePosixPath(name).parent.name
            if kind in ("correct", "reference", "wrong", "fail"):
                yield Labelled(name.removeprefix("code/"), record, fenced(source), kind in ("correct", "reference"))


def archived(path: Path) -> dict[str, str]:
    """The files of a tar archive by their names in its one folder."""
    with tarfile.open(path) as archive:
        found = {}
        for member in sorted(archive, key=lambda member: member.name):
            content = archive.extractfile(member)
            if content is not None:
                found[member.name.removeprefix("./").partition("/")[2]] = content.read().decode(errors="replace")
        return found


def quixbugs() -> Iterator[Labelled]:
    folder = DATA / "quixbugs"
    for path in sorted((folder / "json_testcases").resolve(strict=True).glob("*.json")):
        cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        record = _record([_quixbugs_test(path.stem, *case) for case in cases])
        for kind, correct in (("correct_python_programs", True), ("python_programs", False)):
            source = (folder / kind / f"{path.stem}.py").read_text(encoding="utf-8")
            yield Labelled(f"{kind}/{path.stem}", record, fenced(source), correct)


def _quixbugs_test(name: str, arguments: Any, expected: Any) -> str:
    """Lists may come as generators; real numbers are approximations, whose tolerance is the last argument."""
    given = arguments if isinstance(arguments, list) else [arguments]
    call = f"{name}({', '.join(map(repr, given))})"
    if isinstance(expected, float):
        return f"assert abs({call} - {expected!r}) <= {given[-1]!r}"
    return f"assert list({call}) == {expected!r}" if isinstance(expected, list) else f"assert {call} == {expected!r}"
