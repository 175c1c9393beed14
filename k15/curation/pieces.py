"""Pieces of work with one file each as their result, done by the workers of this machine or by another engine.

Guarantees: a file appears whole (it is renamed when it is complete), a piece whose file is there is not done again, so
a killed run goes on with what is missing; which worker does a piece, and when, changes nothing. Workers end with the
process that started them. Not guaranteed: that another engine's workers do; its own tools end them.

The other engines are datatrove's (Ray, Slurm): they run this package on machines that see the same files.
"""

from __future__ import annotations

import glob
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from k15.curation import memory
from k15.errors import UserError
from k15.params import Params
from k15.progress import Task

_PRELOADED = [
    "numpy",
    "pyarrow.parquet",
    "k15.curation.duplicates.find",
    "k15.curation.measures",
    "k15.curation.pieces",
    "k15.curation.sources",
]
"""Imported once, not by the workers of every step."""
_POLL_S = 2.0
_MACHINE = os.uname().nodename


class SlurmParams(Params):
    """How datatrove asks Slurm for machines."""

    partition: str
    time: str
    """Limit of a job, hh:mm:ss."""
    memory_per_cpu_gb: int = Field(ge=1)
    jobs: int = Field(ge=1)
    """Jobs at once."""


class WorkersParams(Params):
    engine: Literal["local", "ray", "slurm"]
    count: int | None = Field(ge=1)
    """Workers at once; null: one a core."""
    slurm: SlurmParams | None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.engine == "slurm") != (self.slurm is not None):
            raise ValueError("engine slurm needs the keys of slurm, and others need slurm to be null")
        return self

    @property
    def number(self) -> int:
        return self.count or len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Piece:
    """`work` writes the result to the path that it is given. Both must go through pickle."""

    output: Path
    work: Callable[[Path], None]
    size: int = 0
    """Of its input, where that is known: the largest are begun first, so that none is left over at the end."""

    def complete(self) -> None:
        """Do it, unless it is done."""
        if self.output.exists():
            return
        self.output.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.output.with_name(f".{self.output.name}.{_MACHINE}-{os.getpid()}")
        try:
            self.work(unfinished)
            os.replace(unfinished, self.output)
        finally:
            unfinished.unlink(missing_ok=True)


def prepare(workers: WorkersParams) -> None:
    """Let what workers on this machine need be imported, while the caller does something else."""
    if workers.engine == "local" and workers.number > 1:
        _server()


def _server() -> ForkServerContext:
    """Of the process that workers are forked from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    resource_tracker.ensure_running()  # to start it would take SIGINT out of the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited: Ctrl-C is for the owner alone
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


def complete(pieces: Sequence[Piece], workers: WorkersParams, task: Task, logs: Path) -> None:
    """All of `pieces`, in whatever order; `task` counts them. UserError of a piece ends the others. `logs`: a directory
    for what other engines write."""
    waiting = [piece for piece in pieces if not piece.output.exists()]
    task.advance(len(pieces) - len(waiting))
    for directory in {piece.output.parent for piece in waiting}:
        _remove_unfinished(directory)
    if workers.engine != "local":
        _elsewhere(waiting, workers, logs)
        task.advance(len(waiting))
    elif workers.number == 1:
        for piece in waiting:
            piece.complete()
            task.advance()
    elif waiting:
        for _ in _shared(waiting, workers.number):
            task.advance()


def _remove_unfinished(directory: Path) -> None:
    """What processes of this machine left there that were killed."""
    for path in directory.glob(f".*.{glob.escape(_MACHINE)}-*"):
        pid = path.name.rpartition("-")[2]
        if pid.isdecimal() and not _lives(int(pid)):
            path.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def _shared(pieces: Sequence[Piece], number: int) -> Iterator[None]:
    """One item for every piece that is done by a pool of processes, a single one too: their memory ends with them."""
    count = min(number, len(pieces))
    with _pool(ProcessPoolExecutor(count, _server(), _begin, (count > 1,))) as pool:
        futures = [pool.submit(piece.complete) for piece in sorted(pieces, key=lambda piece: -piece.size)]
        try:
            for future in as_completed(futures):
                future.result()
                yield
        except BrokenProcessPool:
            raise UserError(
                "a worker was ended from outside, perhaps for want of memory; run it again, or set workers.count lower"
            ) from None


@contextmanager
def _pool(pool: ProcessPoolExecutor) -> Iterator[ProcessPoolExecutor]:
    """Ends at once where something ends the work early: pieces in progress are done again."""
    try:
        yield pool
    except BaseException:
        own = list((pool._processes or {}).values())  # the pool itself would wait for what they are doing
        pool.shutdown(wait=False, cancel_futures=True)
        for process in own:
            process.kill()
        raise
    pool.shutdown()


def _begin(beside_others: bool) -> None:
    """One of several workers is one core's worth: torch and tokenizers, which are loaded later, start no threads."""
    memory.use_frugal_allocator()
    if beside_others:
        os.environ.update(OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")
    threading.Thread(target=_end_with_owner, daemon=True).start()


def _end_with_owner() -> None:
    owner = multiprocessing.parent_process()  # not the server that forked this process: that waits for its workers
    assert owner is not None
    owner.join()
    os._exit(1)


def _elsewhere(pieces: Sequence[Piece], workers: WorkersParams, logs: Path) -> None:
    if not pieces:
        return
    executor = _executor(pieces, workers, logs / f"{time.time_ns()}")
    executor.run()
    if workers.engine == "slurm":
        _wait(pieces, executor.job_id)
    if missing := [piece for piece in pieces if not piece.output.exists()]:
        raise UserError(f"{len(missing)} of {len(pieces)} pieces failed on {workers.engine}; see {logs}")


def _executor(pieces: Sequence[Piece], workers: WorkersParams, logs: Path) -> Any:
    step = Step([pickle.dumps(piece) for piece in pieces])
    common = {"pipeline": [step], "logging_dir": str(logs), "skip_completed": False}
    if workers.engine == "ray":
        try:
            import ray  # noqa: F401
            from datatrove.executor.ray import RayPipelineExecutor
        except ImportError:
            raise UserError("workers.engine is ray, which is not installed; `pip install ray`, or use local") from None
        return RayPipelineExecutor(tasks=len(pieces), workers=workers.number, **common)
    if shutil.which("sbatch") is None:
        raise UserError("workers.engine is slurm and there is no sbatch; start this on a login node of the cluster")
    from datatrove.executor.slurm import SlurmPipelineExecutor

    assert workers.slurm is not None
    return SlurmPipelineExecutor(
        tasks=len(pieces),
        workers=workers.slurm.jobs,
        time=workers.slurm.time,
        partition=workers.slurm.partition,
        mem_per_cpu_gb=workers.slurm.memory_per_cpu_gb,
        job_name="k15-curate",
        **common,
    )


class Step:
    """A step of a datatrove pipeline: task `rank` completes its share of the pieces. Pickled pieces, since datatrove's
    own serialiser would take the code along instead of naming it."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = list(pieces)

    def __call__(self, data: Iterable[Any], rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        for piece in self.pieces[rank::world_size]:
            pickle.loads(piece).complete()
        yield from data or ()


def _wait(pieces: Sequence[Piece], job: str) -> None:
    """Until all files are there, or Slurm knows the job no more."""
    while not all(piece.output.exists() for piece in pieces):
        listed = subprocess.run(["squeue", "-h", "-j", str(job)], capture_output=True, text=True)
        forgotten = "Invalid job id" in listed.stderr
        if forgotten or (listed.returncode == 0 and not listed.stdout.strip()):  # else Slurm may be busy: ask again
            time.sleep(_POLL_S)  # a shared file system may show a file a little later
            return
        time.sleep(_POLL_S)
