"""Pieces of work: done once, by one worker or several, whole or not at all."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from pydantic import ValidationError

from k15.curation.pieces import Piece, WorkersParams, _wait, complete
from k15.errors import UserError
from k15.progress import Progress

ROOT = Path(__file__).parents[3]
ONE = WorkersParams(engine="local", count=1, slurm=None)
TWO = WorkersParams(engine="local", count=2, slurm=None)


def write(path: Path, text: str, log: Path) -> None:
    path.write_text(text)
    with log.open("a") as file:
        file.write(f"{text} {os.getpid()}\n")


def refuse(path: Path) -> None:
    raise UserError(f"{path.suffix} is no good")


def die(path: Path) -> None:
    path.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)


def pieces(directory: Path) -> list[Piece]:
    log = directory / "log"
    return [Piece(directory / f"out/{n}", partial(write, text=str(n), log=log)) for n in range(9)]


def run(wanted: list[Piece], workers: WorkersParams, directory: Path) -> int:
    with Progress(shown=False).task("pieces", len(wanted)) as task:
        complete(wanted, workers, task, directory / "logs")
        return task.done


@pytest.mark.parametrize("workers", [ONE, TWO])
def test_every_piece_is_done_once(tmp_path: Path, workers: WorkersParams) -> None:
    wanted = pieces(tmp_path)
    wanted[3].complete()
    assert run(wanted, workers, tmp_path) == 9
    assert run(wanted, workers, tmp_path) == 9
    lines = (tmp_path / "log").read_text().splitlines()
    assert sorted(line.split()[0] for line in lines) == [str(n) for n in range(9)]
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {str(n): str(n) for n in range(9)}
    own = {line.split()[1] for line in lines[1:]} == {str(os.getpid())}
    assert own == (workers is ONE)


@pytest.mark.parametrize("workers", [ONE, TWO])
def test_a_mistake_in_a_piece_is_one_line(tmp_path: Path, workers: WorkersParams) -> None:
    with pytest.raises(UserError, match="is no good"):
        run([*pieces(tmp_path), Piece(tmp_path / "out/bad", refuse)], workers, tmp_path)
    assert not (tmp_path / "out/bad").exists()


def test_a_killed_worker_is_an_error_of_the_machine(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a worker was ended from outside.*workers\.count lower"):
        run([Piece(tmp_path / f"out/{n}", die) for n in range(2)], TWO, tmp_path)
    assert all(path.name.startswith(".") for path in (tmp_path / "out").iterdir())


def test_what_killed_workers_left_is_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    (tmp_path / "out").mkdir()
    (tmp_path / f"out/.0.{os.uname().nodename}-{ended.pid}").touch()
    assert run(pieces(tmp_path), ONE, tmp_path) == 9
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [str(n) for n in range(9)]


def test_what_another_run_is_writing_stays(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in (f".0.{os.uname().nodename}-{os.getppid()}", ".0.elsewhere-999999999"):
        (tmp_path / "out" / name).touch()
    run(pieces(tmp_path), ONE, tmp_path)
    assert len(list((tmp_path / "out").iterdir())) == 11


def test_other_children_of_this_process_survive_a_mistake(tmp_path: Path) -> None:
    other = multiprocessing.get_context("forkserver").Process(target=time.sleep, args=(600,))
    other.start()
    try:
        with pytest.raises(UserError, match="is no good"):
            run([*pieces(tmp_path), Piece(tmp_path / "out/bad", refuse)], TWO, tmp_path)
        assert other.is_alive()
    finally:
        other.kill()
        other.join()


@pytest.mark.parametrize("end", ["exit 0", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"])
def test_a_job_is_waited_for_while_slurm_cannot_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """It is asked three times: it is busy, it lists the job, it knows it no more."""
    asked = tmp_path / "asked"
    squeue = tmp_path / "squeue"
    squeue.write_text(
        f"#!/bin/sh\necho >> {asked}\ncase $(wc -l < {asked}) in\n"
        f"1) echo 'Unable to contact slurm controller' >&2; exit 1;;\n2) echo 7 cpu;;\n*) {end};;\nesac\n"
    )
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr("k15.curation.pieces._POLL_S", 0.0)
    _wait(pieces(tmp_path), "7")
    assert len(asked.read_text()) == 3


SCRIPT = """
import sys
from functools import partial
from pathlib import Path
from tests.k15.curation.test_pieces import TWO, run, sleep
from k15.curation.pieces import Piece
if __name__ == "__main__":
    where = Path(sys.argv[1])
    run([Piece(where / f"out/{n}", partial(sleep, where=where)) for n in range(2)], TWO, where)
"""


def sleep(path: Path, where: Path) -> None:
    (where / f"pid-{os.getpid()}").touch()
    time.sleep(600)


PREPARING = """
import time
from multiprocessing import forkserver
from k15.curation.pieces import prepare
from tests.k15.curation.test_pieces import TWO
if __name__ == "__main__":
    prepare(TWO)
    print(forkserver._forkserver._forkserver_pid, flush=True)
    time.sleep(600)
"""


def test_ctrl_c_is_for_the_owner_alone_while_workers_are_prepared(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PREPARING)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    owner = subprocess.Popen([sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    server = Path(f"/proc/{int(owner.stdout.readline())}/status")
    blocked = next(line for line in server.read_text().splitlines() if line.startswith("SigBlk"))
    owner.kill()
    owner.communicate()
    assert int(blocked.split()[1], 16) & 1 << (signal.SIGINT - 1)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_owner(tmp_path: Path, number: signal.Signals) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    owner = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=environment, stderr=subprocess.DEVNULL)
    while len(found := [int(path.name[4:]) for path in tmp_path.glob("pid-*")]) < 2:
        assert owner.poll() is None
        time.sleep(0.05)
    owner.send_signal(number)
    owner.wait()
    while any(Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in found):
        time.sleep(0.05)


def test_slurm_needs_its_keys() -> None:
    with pytest.raises(ValidationError, match="engine slurm needs the keys of slurm"):
        WorkersParams(engine="slurm", count=None, slurm=None)


def test_another_engine_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slurm = {"partition": "cpu", "time": "01:00:00", "memory_per_cpu_gb": 4, "jobs": 8}
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="there is no sbatch"):
        run(pieces(tmp_path), WorkersParams(engine="slurm", count=None, slurm=slurm), tmp_path)
