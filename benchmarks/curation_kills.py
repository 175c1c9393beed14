"""SIGKILL at ten random moments of one run of `curate` with the repository's params: is its end the same?

Each start goes on with what the killed one had completed. Compared with a run that was never killed: the digests of
all files of the six artifacts. Counted too: starts, pieces that were there when the last one began, processes left.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.leftovers import leftovers
from k15.artifacts import read_manifest
from k15.errors import UserError

KILLS = 10
ARTIFACTS = ("documents", "rejections", "clusters", "vision", "tokens", "tokenizer")
_MARK = "K15_CURATION_KILLS"
_ROOT = Path(__file__).resolve().parents[1]


def measure() -> None:
    random.seed(15)
    with tempfile.TemporaryDirectory() as scratch:
        whole, killed = Path(scratch) / "whole", Path(scratch) / "killed"
        begin = time.monotonic()
        _finish(whole)
        seconds = time.monotonic() - begin
        print(f"curation_kills: an uninterrupted run takes {seconds:.0f} s", flush=True)
        hits = 0
        while hits < KILLS:
            hits += _kill(killed, random.uniform(0.1, 0.9) * seconds)
        done = len(list((killed / "state/curate.kept").glob("*/*.parquet")))
        _finish(killed)
        same = sum(_files(whole, name) == _files(killed, name) for name in ARTIFACTS)
    print(f"curation_kills: {same} of {len(ARTIFACTS)} artifacts are the same after {hits} kills; the last start found")
    print(f"curation_kills: {done} pieces done; left behind: {leftovers(_MARK) or 'nothing'}", flush=True)


def _start(root: Path) -> subprocess.Popen[bytes]:
    root.mkdir(exist_ok=True)
    shutil.copy(_ROOT / "params.yaml", root)
    command = [sys.executable, "-m", "stages.curate", "--root", str(root)]
    return subprocess.Popen(command, cwd=_ROOT, env={**os.environ, _MARK: "1"}, stderr=subprocess.PIPE)


def _finish(root: Path) -> None:
    _, error = (process := _start(root)).communicate()
    if process.returncode:
        raise UserError(f"curate ended with code {process.returncode}: {error.decode()[-500:]}")


def _kill(root: Path, after_s: float) -> bool:
    """Whether the run was still going on then; one that had ended is put back to its second half."""
    process = _start(root)
    try:
        process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        print(f"curation_kills: killed after {after_s:.1f} s", flush=True)
        return True
    kept = sorted((root / "state/curate.kept").iterdir(), key=lambda step: step.stat().st_mtime_ns)
    for step in kept[len(kept) // 2 :]:
        shutil.rmtree(step)
    shutil.rmtree(root / "artifacts")
    return False


def _files(root: Path, name: str) -> object:
    return read_manifest(root / "artifacts/curate" / name).files
