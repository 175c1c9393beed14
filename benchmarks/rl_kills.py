"""SIGKILL at ten random moments of an RL run with partial rollouts in flight: does the rerun end as if nothing had
been?

The run is `benchmarks.small_rl`. It is killed twice in each phase (hand-over, rollout, reward, update, checkpoint),
in a random iteration and a random moment after the phase began, and started again on the state that it left. Compared
with a run that was never killed: the digests of all trajectories, of the weights and of the curve. Counted too:
engine processes that are left behind.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.leftovers import leftovers
from benchmarks.small_rl import ITERATIONS, PHASES

KILLS = 10
COMPARED = ("trajectories", "weights", "curve", "prompts", "responses", "tokens")
_MARK = "K15_RL_KILLS"
_ROOT = Path(__file__).resolve().parents[1]


def measure() -> None:
    random.seed(15)
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole"
        _start(whole).wait()
        expected = json.loads((whole / "result.json").read_text())
        print(f"uninterrupted: {expected}", flush=True)
        same = 0
        for number in range(KILLS):
            place = Path(scratch) / f"killed{number}"
            phase, occurrence = PHASES[number % len(PHASES)], random.randint(2, ITERATIONS)
            moment = _killed(place, phase, occurrence)
            _start(place).wait()
            found = json.loads((place / "result.json").read_text())
            equal = all(found[name] == expected[name] for name in COMPARED)
            same += equal
            verdict = "the same" if equal else f"DIFFERS: {found}"
            print(f"rl_kills: {phase} {occurrence}, {moment}: {verdict}", flush=True)
    left = leftovers(_MARK) or "nothing"
    print(f"rl_kills: {same} of {KILLS} reruns ended as the uninterrupted run; left behind: {left}")


def _start(place: Path) -> subprocess.Popen[str]:
    place.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.small_rl", str(place)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=_ROOT, env={**os.environ, _MARK: "1"}
    )


def _killed(place: Path, phase: str, occurrence: int) -> str:
    """Start the run and kill it in the phase's `occurrence`-th time; where it was."""
    process = _start(place)
    assert process.stdout is not None
    seen, durations, began = 0, [0.0], 0.0
    for line in process.stdout:
        if not line.startswith("@phase"):
            continue
        if began:
            durations.append(time.monotonic() - began)
            began = 0.0
        if line.strip() == f"@phase {phase}":
            seen, began = seen + 1, time.monotonic()
            if seen == occurrence:
                break
    delay = random.uniform(0, max(durations))
    threading.Event().wait(delay)
    ended = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return "had ended" if ended else f"{delay:.2f} s after it began"
