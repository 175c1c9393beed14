"""Problem packages in the Kattis format, as a directory or a tar archive of one.

Read are `problem.yaml`, the statement, `submissions/accepted` and the flags of the output comparison in `data/`; a
`generator.py` beside `problem.yaml` is ours: a generator of test inputs. Nothing is unpacked onto the disk.

Ours: one tolerance, the smallest of those stated, counts both absolutely and relatively. A package whose outputs need
a validator of its own, or exact white space, has a special judge. Submissions of several files are left out.
"""

import io
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from k15.errors import UserError
from k15.testcases.problem import CodeProblem, Submission

LANGUAGES = {
    ".py": "python",
    ".c": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".cxx": "cpp",
    ".js": "javascript",
    ".sh": "bash",
    ".java": "java",
    ".cs": "csharp",
    ".ts": "typescript",
    ".php": "php",
    ".go": "go",
    ".rs": "rust",
}
"""Suffix -> the sandbox's name; other suffixes are names of their own, which no sandbox knows."""

_ARCHIVES = (".tar.gz", ".tgz", ".tar")
_NAME = "problem.yaml"
_GENERATOR = "generator.py"
_STATEMENTS = ("problem_statement", "statement")
_VALIDATORS = ("output_validators", "output_validator")
_MAX_FILE = 4 << 20
_TOLERANCES = ("float_tolerance", "float_relative_tolerance", "float_absolute_tolerance")

Files = Mapping[str, bytes]


def find(path: Path) -> list[Path]:
    """The packages at `path`: itself, or those directly in it; none if it holds something else."""
    if _is_package(path):
        return [path]
    return sorted(item for item in path.iterdir() if _is_package(item)) if path.is_dir() else []


def _is_package(path: Path) -> bool:
    return (path / _NAME).is_file() or (path.is_file() and path.name.endswith(_ARCHIVES))


def read(path: Path) -> CodeProblem:
    name, files = _files(path, _wanted, _MAX_FILE)
    document = _yaml(path, files, _NAME)
    flags = _flags(path, files, document)
    tolerances = [_number(path, flag, flags[flag]) for flag in _TOLERANCES if flag in flags]
    return CodeProblem(
        id=name,
        statement=_statement(path, files),
        submissions=tuple(_submissions(files)),
        generator=_text(path, files, _GENERATOR) if _GENERATOR in files else None,
        special_judge=_special(document, files) or "space_change_sensitive" in flags,
        tolerance=min(tolerances) if tolerances else None,
        case_sensitive="case_sensitive" in flags,
    )


def tests(path: Path, most: int, most_bytes: int) -> list[tuple[str, str]]:
    """Inputs and expected outputs of the package's own tests: samples first, at most `most`, and none of which a file
    has more than `most_bytes`."""
    found: list[tuple[str, str]] = []
    _, files = _files(path, _is_test, None)
    for name in sorted(files, key=lambda name: (not name.startswith("data/sample/"), name)):
        output = name.removesuffix(".in") + ".ans"
        whole = name.endswith(".in") and output in files
        if whole and max(len(files[name]), len(files[output])) <= most_bytes:
            found.append((_text(path, files, name), _text(path, files, output)))
    return found[:most]


def _files(path: Path, wanted: Callable[[str], bool], most_bytes: int | None) -> tuple[str, Files]:
    """The package's name, and those of its files that are wanted; one of more than `most_bytes` is a mistake."""
    return (path.resolve().name, _directory(path, wanted)) if path.is_dir() else _archive(path, wanted, most_bytes)


def _directory(path: Path, wanted: Callable[[str], bool]) -> Files:
    names = [file for file in sorted(path.rglob("*")) if file.is_file() and wanted(file.relative_to(path).as_posix())]
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in names}


def _archive(path: Path, wanted: Callable[[str], bool], most_bytes: int | None) -> tuple[str, Files]:
    """The name and the files of the package in an archive: of the directory that holds the topmost problem.yaml."""
    try:
        with tarfile.open(path) as archive:
            members = {member.name.removeprefix("./"): member for member in archive if member.isfile()}
            tops = [PurePosixPath(name).parent for name in members if PurePosixPath(name).name == _NAME]
            if not tops:
                raise UserError(f"{path}: holds no {_NAME}; is it a problem package?")
            top = min(tops, key=lambda parent: (len(parent.parts), parent))
            files = {}
            for name, member in sorted(members.items()):
                inner = PurePosixPath(name)
                if inner.is_relative_to(top) and wanted(short := inner.relative_to(top).as_posix()):
                    if most_bytes is not None and member.size > most_bytes:
                        raise UserError(f"{path}: {name} has more than {most_bytes >> 20} MiB; is it in its place?")
                    content = archive.extractfile(member)
                    files[short] = content.read() if content else b""
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UserError(f"{path}: cannot be read ({error}); fetch it again") from None
    return top.name or path.name.split(".")[0], files


def _is_test(name: str) -> bool:
    return name.startswith("data/") and name.endswith((".in", ".ans"))


def _wanted(name: str) -> bool:
    """Neither test data nor pictures."""
    inside, suffix = name.split("/"), PurePosixPath(name).suffix
    return (
        name in (_NAME, _GENERATOR)
        or (inside[0] in _STATEMENTS and suffix in (".tex", ".md"))
        or inside[:2] == ["submissions", "accepted"]
        or inside[0] in _VALIDATORS
        or (inside[0] == "data" and inside[-1] in ("testdata.yaml", "test_group.yaml"))
    )


def _yaml(path: Path, files: Files, name: str) -> dict[str, Any]:
    try:
        document = YAML(typ="safe", pure=True).load(io.StringIO(_text(path, files, name)))
    except YAMLError as error:
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UserError(f"{path}: {name} is not valid YAML: {reason}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise UserError(f"{path}: {name} holds no fields; restore it")
    return document


def _text(path: Path, files: Files, name: str) -> str:
    try:
        return files[name].decode()
    except UnicodeDecodeError:
        raise UserError(f"{path}: {name} is not UTF-8 text; convert it") from None


def _statement(path: Path, files: Files) -> str:
    """In English if there is one; empty if there is none at all."""
    names = [name for name in files if name.startswith(tuple(f"{folder}/problem" for folder in _STATEMENTS))]
    return _text(path, files, min(names, key=lambda name: (".en." not in name, name))).strip() if names else ""


def _submissions(files: Files) -> Iterator[Submission]:
    for name, content in files.items():
        path = PurePosixPath(name)
        if path.parent == PurePosixPath("submissions/accepted"):
            # A source in another encoding still runs: only its comments or texts of its own suffer.
            source = content.decode(errors="replace")
            if path.suffix == ".java":  # its class is named after the file, the sandbox's after none
                source = re.sub(rf"\b{re.escape(path.stem)}\b", "Main", source)
            yield Submission(path.name, LANGUAGES.get(path.suffix, path.suffix.removeprefix(".")), source)


def _special(document: Mapping[str, Any], files: Files) -> bool:
    kinds = document.get("type")
    special = {"interactive", "multi-pass", "submit-answer"}
    return (
        str(document.get("validation", "default")).startswith("custom")
        or bool(special & set(kinds if isinstance(kinds, list) else str(kinds).split()))
        or any(name.split("/")[0] in _VALIDATORS for name in files)
    )


def _flags(path: Path, files: Files, document: Mapping[str, Any]) -> dict[str, str]:
    """Flags of the output comparison with what follows each, those of the test data last."""
    stated = [document.get("validator_flags")]
    for name in sorted(files):
        if name.startswith("data/"):
            group = _yaml(path, files, name)
            stated += [group.get("output_validator_flags"), group.get("output_validator_args")]
    found: dict[str, str] = {}
    for flags in stated:
        words = [str(word) for word in flags] if isinstance(flags, list) else str(flags or "").split()
        found.update(zip(words, [*words[1:], ""], strict=False))
    return found


def _number(path: Path, flag: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"{path}: {flag} needs a number (got {text!r:.40})") from None
