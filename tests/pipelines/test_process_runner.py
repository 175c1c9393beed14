import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.runners.process import start_guarded

ROOT = Path(__file__).resolve().parents[2]

FAMILY = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN if "stubborn" in sys.argv else signal.SIG_DFL)
child = subprocess.Popen(["sleep", "600"])
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def assert_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 30
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still running: {[pid for pid in pids if alive(pid)]}"
        time.sleep(0.05)


def test_output_and_status(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr, end=''); sys.exit(3)"
    handle = start_guarded([sys.executable, "-c", code], tmp_path, os.environ)
    assert sorted(handle.lines()) == ["err", "out"]
    assert handle.wait() == 3
    handle.cancel()


def test_status_after_a_signal(tmp_path: Path) -> None:
    code = f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})"
    handle = start_guarded([sys.executable, "-c", code], tmp_path, os.environ)
    assert list(handle.lines()) == []
    assert handle.wait() == 137


def test_cancel_ends_the_whole_family(tmp_path: Path) -> None:
    handle = start_guarded([sys.executable, "-c", FAMILY], tmp_path, os.environ)
    pids = [int(pid) for pid in next(handle.lines()).split()]
    handle.cancel()
    handle.cancel()
    assert handle.wait() == 143
    assert_gone(pids)


@pytest.mark.parametrize("manner", ["meek", "stubborn"])
def test_stage_dies_with_its_killed_owner(tmp_path: Path, manner: str) -> None:
    owner = (
        "import os, sys; from pathlib import Path; from pipelines.runners.process import start_guarded\n"
        "handle = start_guarded([sys.executable, '-c', sys.argv[1], sys.argv[2]], Path('.'), os.environ)\n"
        "[print(line, flush=True) for line in handle.lines()]"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", owner, FAMILY, manner],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert all(alive(pid) for pid in pids)
    process.kill()
    process.wait()
    process.stdout.close()
    assert_gone(pids)
