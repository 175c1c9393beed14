"""A stage of several ranks: one voice, one exit code, and nothing left behind, whatever ends it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from k15 import ranks

ROOT = Path(__file__).parents[2]

TOY = """
import os, signal, sys, time
import torch
import torch.distributed as dist
from k15.errors import UserError
from k15.model import parallel
from k15.params import Params
from k15.rl.ranks import from_leader
from k15.stage import Stage, main

class Toy(Params):
    ranks: int
    act: str

def refuse(text):
    raise UserError(text)

def run(params, context):
    context.progress.log("running")
    parallel.initialize()
    rank = dist.get_rank()
    match params.act, rank:
        case ("both refuse", _):
            refuse("bad value")
        case ("leader refuses others wait for its result", _):
            from_leader(lambda: refuse("no prompts"))
        case ("leader refuses", 0):
            refuse("the disk is odd")
        case ("leader refuses while it waits for others", 0):
            dist.all_reduce(torch.zeros(1), async_op=True)
            refuse("the disk is odd")
        case ("leader refuses while it waits for others", 1):
            time.sleep(600)
        case ("leader has a defect", 0):
            from_leader(lambda: 1 / 0)
        case ("follower refuses", 1):
            refuse("weights.1.pt is damaged")
        case ("follower has a defect", 1):
            1 / 0
        case ("follower is killed", 1):
            os.kill(os.getpid(), signal.SIGKILL)
        case ("wait", _):
            os.write(1, f"pid {os.getpid()}\\n".encode())  # in one piece: the ranks share the pipe
            time.sleep(600)
    dist.barrier()
    context.publish_plot("curve", [{"step": 0}])
    return {"ranks": from_leader(lambda: dist.get_world_size()), "rank": rank}

if __name__ == "__main__":
    sys.exit(main(Stage("toy", Toy, run, ranks=lambda params, variant: params.ranks)))
"""
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def start(root: Path, act: str, wanted: int = 2, torchrun: Sequence[str] = ()) -> "subprocess.Popen[str]":
    (root / "toy.py").write_text(TOY)
    (root / "params.yaml").write_text(f"toy:\n  ranks: {wanted}\n  act: {act}\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    environment["CUDA_VISIBLE_DEVICES"] = ""  # as many ranks as there need not be devices
    command = [sys.executable, *torchrun, str(root / "toy.py"), "--root", str(root)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(root: Path, act: str, wanted: int = 2, torchrun: Sequence[str] = ()) -> tuple[int, str]:
    process = start(root, act, wanted, torchrun)
    _, said = process.communicate()
    return process.returncode, said


@pytest.mark.parametrize("torchrun", [(), TORCHRUN])
def test_the_leader_alone_writes_and_speaks(tmp_path: Path, torchrun: Sequence[str]) -> None:
    assert finish(tmp_path, "fine", torchrun=torchrun) == (0, "running\n")
    assert json.loads((tmp_path / "metrics/toy.json").read_text()) == {"ranks": 2, "rank": 0}
    assert json.loads((tmp_path / "plots/toy.curve.json").read_text()) == [{"step": 0}]


@pytest.mark.parametrize(
    ("act", "line"),
    [
        ("both refuse", "bad value"),
        ("leader refuses others wait for its result", "no prompts"),
        ("leader refuses", "the disk is odd"),
        ("leader refuses while it waits for others", "the disk is odd"),
        ("follower refuses", "weights.1.pt is damaged"),
        ("follower is killed", "rank 1 was ended by SIGKILL, perhaps for want of memory; run it again"),
    ],
)
def test_a_failure_of_any_rank_is_one_line(tmp_path: Path, act: str, line: str) -> None:
    code, said = finish(tmp_path, act)
    assert (code, sorted(said.splitlines())) == (2, [f"k15 toy: error: {line}", "running"])
    assert not (tmp_path / "metrics").exists()


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ({0: 143, 1: 2}, (2, "")),
        ({0: -15, 1: 1}, (1, "")),
        ({0: 143, 1: -9}, (2, "error: rank 1 was ended by SIGKILL, perhaps for want of memory; run it again")),
        ({0: -15, 1: -6}, (2, "error: rank 1 was ended by SIGABRT, perhaps for want of memory; run it again")),
        ({0: 143}, (2, "error: rank 0 was ended by SIGTERM, perhaps for want of memory; run it again")),
    ],
)
def test_a_rank_that_torchrun_has_ended_is_not_the_cause(codes: dict[int, int], verdict: tuple[int, str]) -> None:
    assert ranks._verdict(codes) == verdict


@pytest.mark.parametrize("act", ["leader has a defect", "follower has a defect"])
def test_a_defect_keeps_its_traceback_and_no_other(tmp_path: Path, act: str) -> None:
    code, said = finish(tmp_path, act)
    assert code == 1 and said.count("Traceback") == 1 and "ZeroDivisionError: division by zero\n" in said


def test_a_failure_under_torchrun_is_one_line_of_ours(tmp_path: Path) -> None:
    code, said = finish(tmp_path, "follower refuses", torchrun=TORCHRUN)
    assert code == 1 and [line for line in said.splitlines() if line.startswith("k15 ")] == [
        "k15 toy: error: weights.1.pt is damaged"
    ]


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        (1, "WORLD_SIZE is 2, this stage runs on one rank; start it without torchrun"),
        (3, "WORLD_SIZE is 2 and toy.ranks is 3; make them equal"),
    ],
)
def test_another_number_of_ranks_is_refused(tmp_path: Path, wanted: int, line: str) -> None:
    _, said = finish(tmp_path, "fine", wanted, TORCHRUN)
    assert [text for text in said.splitlines() if text.startswith("k15 ")] == [f"k15 toy: error: {line}"]


@pytest.mark.parametrize(
    ("number", "code", "line"),
    [
        (signal.SIGTERM, 143, "k15 toy: terminated\n"),
        (signal.SIGINT, 130, "k15 toy: interrupted\n"),
        (signal.SIGKILL, -9, ""),
    ],
)
def test_a_signal_ends_all_ranks(tmp_path: Path, number: signal.Signals, code: int, line: str) -> None:
    process = start(tmp_path, "wait")
    assert process.stdout is not None
    pids = [int(process.stdout.readline().split()[1]) for _ in range(2)]
    process.send_signal(number)
    _, said = process.communicate()  # not before the last rank has closed its output
    assert (process.returncode, said) == (code, f"running\n{line}")
    while any(Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids):
        time.sleep(0.05)


def test_children_of_a_rank_are_no_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "TORCHELASTIC_RUN_ID", "K15_LAUNCHER"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    left = ranks.without()
    assert left["CUDA_VISIBLE_DEVICES"] == "3"
    assert not left.keys() & {"RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "TORCHELASTIC_RUN_ID", "K15_LAUNCHER"}
