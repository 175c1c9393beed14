"""The face of every stage: typed params in, artifacts and metrics out, one command line.

`python -m stages.<name> [variant]` ends in `main`. Guarantees: a user's mistake is one line on standard
error and exit code 2; metrics appear only after the stage has succeeded; what a killed stage had saved
under `ctx.state` is found by the next attempt if params and inputs are still the same, and is discarded
otherwise (a change of code keeps it, so that a long run can go on after a repair). A stage whose params ask for several
ranks starts them, unless torchrun has; all of them run it, and the leading one alone writes and speaks.
"""

import argparse
import errno
import json
import math
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar

from k15 import ranks
from k15.artifacts.digests import json_digest
from k15.artifacts.manifest import Producer, parent_digests, verify
from k15.artifacts.storage import Location, write_json
from k15.errors import UserError
from k15.lifetime import began_at
from k15.params import Params, load_params, read_params
from k15.progress import Progress

P = TypeVar("P", bound=Params)
Q = TypeVar("Q", bound=Params)

_FINGERPRINT = "fingerprint.json"


@dataclass
class Context:
    """What a stage may touch: its place in the repository, its state, its progress."""

    root: Path
    name: str  # "rl", "long2short.merge"
    variant: str | None
    progress: Progress
    sections: tuple[str, ...] = ()
    started: float = field(default_factory=began_at)
    spent: float = 0.0  # seconds of earlier attempts that this one continues
    _read: dict[str, Any] = field(default_factory=dict)
    _phases: list[dict[str, float]] = field(default_factory=list)

    @property
    def state(self) -> Path:
        """Where a stage saves what it wants to resume from; call `resumable` before looking into it."""
        return self.root / "state" / self.name

    @property
    def kept(self) -> Path:
        """Where a stage keeps what its next run can use again, with other params too; `make clean` removes it."""
        return self.root / "state" / f"{self.name}.kept"

    @property
    def recordings(self) -> Path:
        """Where a stage keeps what it recorded for debugging: no output, and not removed at its end."""
        return self.root / "recordings" / self.name

    def artifact(self, relative: str) -> Path:
        return self.root / "artifacts" / relative

    def params(self, model: type[Q], section: str) -> Q:
        """Another section of params.yaml, one of those that the stage declares."""
        if section not in self.sections:
            raise ValueError(f"stage {self.name} reads section {section} without declaring it")
        loaded = load_params(model, section, self.root)
        self._read[section] = loaded.model_dump(mode="json")
        return loaded

    def setting(self, model: type[Q], section: str) -> Q:
        """A section that says how work is done and changes nothing of what it makes: not recorded, and no reason for
        DVC to run a stage again."""
        return load_params(model, section, self.root)

    def producer(self, params: Params, parents: Sequence[Location]) -> Producer:
        return Producer(self.name, self._resolved(params), tuple(parents))

    def resumable(self, params: Params, parents: Sequence[Location]) -> Path:
        """`state`, emptied unless an attempt with the same params and inputs left it. Every byte of the inputs is
        checked first: nothing is trained on a damaged one. Of several ranks the leader calls it, before any other one
        looks into `state`."""
        for parent in parents:
            verify(parent)
        document = read_params(self.root)  # sections may be read later than this
        sections = {section: document.get(section) for section in self.sections}
        fingerprint = json_digest([self.name, self._resolved(params), sections, parent_digests(parents)])
        record = self.state / _FINGERPRINT
        earlier = _read_record(record)
        if earlier is not None and earlier["fingerprint"] == fingerprint:
            # A killed attempt counts until the last file that it saved.
            last = max(path.stat().st_mtime for path in self.state.rglob("*"))
            self.spent = earlier["spent"] + max(0.0, last - earlier["started"])
            self.progress.log(f"{self.name}: continuing an interrupted run")
        else:
            shutil.rmtree(self.state, ignore_errors=True)
        write_json(record, {"fingerprint": fingerprint, "started": self.started, "spent": self.spent})
        return self.state

    def publish_plot(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Rows of flat values, as `dvc plots` draws them."""
        if not ranks.leads():
            return
        path = self.root / "plots" / f"{self.name}.{name}.json"
        write_json(path, _finite(rows, f"plot {name}"))

    def publish_seconds(self, rows: list[dict[str, float]]) -> None:
        """Rows of seconds for `phases` of the stage's timing, since no two runs agree on them as they do on plots."""
        self._phases.extend(rows)

    def _resolved(self, params: Params) -> dict[str, Any]:
        return {self.name.split(".")[0]: params.model_dump(mode="json"), **self._read}


@dataclass(frozen=True)
class Stage(Generic[P]):
    name: str
    params: type[P]
    run: Callable[[P, Context], dict[str, Any]]
    variants: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    ranks: Callable[[P, str | None], int] = lambda params, variant: 1
    """How many ranks the params (and the variant) ask for, where a stage can run on several: a key `ranks`."""


def main(stage: Stage[P], argv: Sequence[str] | None = None) -> int:
    """Run the stage as its command line asks; the exit code."""
    code = _attempt(stage, argv)
    if code:
        ranks.end_at_once(code)
    return code


def _attempt(stage: Stage[P], argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog=f"python -m stages.{stage.name}")
    if stage.variants:
        parser.add_argument("variant", choices=stage.variants)
    parser.add_argument("--root", type=Path, default=Path("."), help="the repository (default: here)")
    options = parser.parse_args(argv)
    variant = options.variant if stage.variants else None
    name = f"{stage.name}.{variant}" if variant else stage.name
    context = Context(options.root.resolve(), name, variant, Progress(shown=ranks.leads()), stage.sections)
    try:
        params = load_params(stage.params, stage.name, context.root)
        wanted = stage.ranks(params, variant)
        if wanted > 1 and not ranks.started():
            code, text = ranks.launch(wanted)
            return _fail(name, text, code) if text else code
        _require_ranks(name, wanted)
        with _terminable():
            _run(stage, params, context)
        return 0
    except KeyboardInterrupt:
        return _end(name, "interrupted", 130)
    except _Terminated:
        return _end(name, "terminated", 143)
    except UserError as error:
        return _fail(name, f"error: {error}", 2)
    except Exception as error:
        if (fault := _fault_of_machine(error)) is not None:
            return _fail(name, f"error: {fault}", 2)
        if ranks.lost_another(error):
            return _fail(name, "error: another rank cannot be reached; look at its machine and run it again", 2, True)
        if ranks.count() == 1:
            raise
        with ranks.undisturbed():
            first, code = ranks.first_to_fail(1)
            if first:
                sys.excepthook(*sys.exc_info())
        return code


def _require_ranks(name: str, wanted: int) -> None:
    """Ranks that the stage does not know of would each publish their own shard as the whole artifact."""
    if (count := ranks.count()) != wanted:
        if wanted == 1:
            raise UserError(f"WORLD_SIZE is {count}, this stage runs on one rank; start it without torchrun")
        raise UserError(f"WORLD_SIZE is {count} and {name}.ranks is {wanted}; make them equal")
    if ranks.started():
        ranks.end_with_torchrun()


def _run(stage: Stage[P], params: P, context: Context) -> None:
    metrics = _finite(stage.run(params, context), "metric")
    if not ranks.leads():
        return
    seconds = round(context.spent + time.time() - context.started, 3)
    write_json(context.root / "metrics" / f"{context.name}.json", metrics)
    timing = {"seconds": seconds} | ({"phases": context._phases} if context._phases else {})
    write_json(context.root / "metrics" / "timing" / f"{context.name}.json", timing)
    shutil.rmtree(context.state, ignore_errors=True)


def _finite(value: Any, where: str) -> Any:
    """`value`, which must be JSON without NaN and infinities: those mean that training diverged."""
    if isinstance(value, dict):
        return {str(key): _finite(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item, f"{where}.{index}") for index, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where} is {value}: the run diverged; lower its learning rate")
    return value


def _read_record(path: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return record
    except (FileNotFoundError, ValueError):
        return None


def _fail(name: str, text: str, code: int, wait: bool = False) -> int:
    """Of several ranks one says why they end; `wait`: this one only if no other does within a while, in which torchrun
    may end it."""
    with nullcontext() if wait else ranks.undisturbed():
        first, code = ranks.first_to_fail(code, wait)
        if first:
            print(f"k15 {name}: {' '.join(text.split())}", file=sys.stderr, flush=True)
    return code


def _end(name: str, text: str, code: int) -> int:
    """After a signal. Ranks get theirs from torchrun, which says what it means."""
    return code if ranks.count() > 1 else _fail(name, text, code)


_FAULTS = {
    errno.ENOSPC: "no space left on the disk; free some and run it again",
    errno.EDQUOT: "the disk quota is used up; free some space and run it again",
    errno.EROFS: "the file system is read-only; mount it writable",
    errno.EACCES: "permission denied; make it accessible",
    errno.EPERM: "not permitted; make it accessible",
}


def _fault_of_machine(error: Exception) -> str | None:
    if isinstance(error, OSError) and error.errno in _FAULTS:
        where = f"{error.filename}: " if error.filename else ""
        return where + _FAULTS[error.errno]
    if "No space left on device" in str(error):  # libraries that wrap the system's error
        return _FAULTS[errno.ENOSPC]
    return None


class _Terminated(BaseException):
    """SIGTERM, so that `finally` blocks run: engines, workers and staging directories are cleaned up."""


@contextmanager
def _terminable() -> Iterator[None]:
    owner = os.getpid()

    def terminate(number: int, frame: object) -> NoReturn:
        if os.getpid() != owner:  # a forked worker inherits the handler, but has nothing to clean up
            os._exit(128 + number)
        raise _Terminated

    previous = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
