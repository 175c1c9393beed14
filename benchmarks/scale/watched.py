"""A run of stage `curate` in processes of its own, with its wall time step by step and its peak memory.

Memory is what processes have that is no file's (the system can take mapped files back at any time), shared parts
counted once: of the largest process, and of all together. It is looked at every `INTERVAL_S` seconds, so a shorter
peak may go unseen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from k15.errors import UserError
from k15.progress import EVENT_PREFIX

INTERVAL_S = 0.25
_ROOT = Path(__file__).resolve().parents[2]
_KINDS = ("Pss_Anon:", "Pss_Shmem:")


@dataclass
class Watched:
    seconds: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)
    """Seconds between the end of the step before and the end of this one, `publish` the last."""
    largest: float = 0.0
    together: float = 0.0
    """MiB."""
    at: dict[str, float] = field(default_factory=dict)
    """The peak of all processes together by the step that had ended before."""


def watch(root: Path, cores: int) -> Watched:
    """Of `python -m stages.curate` on the params.yaml at `root`, on so many cores: libraries take all that they get,
    however few the workers."""
    found, begin = Watched(), time.monotonic()
    environment = {**os.environ, "K15_EVENTS": "1", "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-m", "stages.curate", "--root", str(root)]
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores]),
    )
    sampler = threading.Thread(target=_sample, args=(process, found))
    sampler.start()
    last = begin
    assert process.stdout is not None and process.stderr is not None
    for line in process.stdout:
        if line.startswith(EVENT_PREFIX):
            event = json.loads(line.removeprefix(EVENT_PREFIX))
            if event["event"] == "progress" and event["done"] == event["total"]:
                now = time.monotonic()
                found.steps[event["label"]] = found.steps.get(event["label"], 0.0) + now - last
                last = now
    complaint = process.stderr.read()
    if process.wait():
        raise UserError(f"stage curate has ended: {complaint.strip().splitlines()[-1]}")
    sampler.join()
    found.seconds = time.monotonic() - begin
    found.steps["publish"] = time.monotonic() - last
    return found


def _sample(process: subprocess.Popen[str], found: Watched) -> None:
    while process.poll() is None:
        sizes = [_size(one) for one in _tree(process.pid)]
        found.largest = max([found.largest, *sizes])
        found.together = max(found.together, sum(sizes))
        step = next(reversed(found.steps), "start")
        found.at[step] = max(found.at.get(step, 0.0), sum(sizes))
        time.sleep(INTERVAL_S)


def _tree(process: int) -> Iterator[int]:
    """It and all that it has started, and so on."""
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _size(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(_KINDS)) / 1024
