"""Where the stage's steps keep their files, and who does their pieces.

A step's directory is named after everything that its files depend on: params, code, and the state of the input. So a
killed run finds what it had done, another run finds what it has in common with the last one (a changed threshold
measures nothing again), and nothing stale is ever found.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import k15
from k15.artifacts.digests import json_digest
from k15.curation import pieces
from k15.curation.pieces import Piece, WorkersParams
from k15.progress import Progress

_DIGITS = 16
_CODE = ("curation", "drawing", "tasks", "seeds.py", "tokenizer.py")
"""Of `k15`: what decides the content of files."""
_ONLY_READ = ("__main__.py", "explain.py", "funnel.py", "outputs.py", "run.py", "validate.py")
"""Of this package: what makes no file here."""
_LIBRARIES = ("fastwarc", "matplotlib", "numpy", "pillow", "pycld2", "pyarrow", "resiliparse", "tokenizers")

Beside = tuple[Path, tuple[Path, ...]]
"""A part, and the files of columns beside it."""


@dataclass
class Work:
    root: Path
    """Kept from run to run; what a finished run did not use is removed."""
    workers: WorkersParams
    progress: Progress
    _used: set[Path] = field(default_factory=set)

    def place(self, step: str, *depends: Any) -> Path:
        """The directory of `step`, given what its files depend on (JSON)."""
        path = self.root / f"{step}-{json_digest([code_digest(), step, *depends])[:_DIGITS]}"
        path.mkdir(parents=True, exist_ok=True)
        self._used.add(path)
        return path

    def scratch(self, name: str) -> Path:
        """An empty directory for files of no use afterwards."""
        path = self.root / f"scratch-{name}"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def complete(self, label: str, wanted: Sequence[Piece]) -> list[Path]:
        """Do all pieces; their files, in the given order."""
        with self.progress.task(label, len(wanted)) as task:
            pieces.complete(wanted, self.workers, task, self.root / "logs")
        return [piece.output for piece in wanted]

    def tidy(self) -> None:
        """Remove the steps of other params, of other code, and what was scratch."""
        for path in self.root.iterdir():
            if path not in self._used:
                shutil.rmtree(path, ignore_errors=True)


@cache
def code_digest() -> str:
    """Of everything that makes files: this package, what it takes of `k15`, and the libraries that read and draw."""
    ours = [path for path in Path(__file__).parent.glob("*.py") if path.name not in _ONLY_READ]
    digest = hashlib.sha256(json_digest([importlib.metadata.version(name) for name in _LIBRARIES]).encode())
    for file in [*sorted(ours), *_files(Path(k15.__file__).parent)]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(package: Path) -> Iterator[Path]:
    for name in _CODE:
        path = package / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        # What Python and Numba leave beside the code appears as the stage runs: what a first run kept would be lost.
        yield from (file for file in found if file.is_file() and "__pycache__" not in file.parts)


def with_columns(found: Sequence[Beside], files: Sequence[Path]) -> list[Beside]:
    """The parts with one more file beside each; as they are where there are none."""
    if not files:
        return list(found)
    return [(part, (*others, file)) for (part, others), file in zip(found, files, strict=True)]


def names(files: Sequence[Path]) -> list[str]:
    """What a step depends on that reads these files: each is in a directory that is named after its content."""
    return [f"{file.parent.name}/{file.name}" for file in files]
