"""Engines that die or hang in the middle of RL, in each deployment: does the run complete, and do the counts add up?

The run is `benchmarks.small_rl`, with engines in the trainer's process, in processes of their own, and behind HTTP.
In its third rollout one engine gets SIGKILL or SIGSTOP. The engine inside the trainer's process hangs in a step that
does not return, so that the process begins again; a trainer that is killed with its engine is `rl_kills`. Every
sampled token must be in exactly one segment, and every group must have its k responses.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CASES = (
    ("in_process", 1, "hang"),
    ("in_process", 2, "kill"),  # its replica
    ("in_process", 2, "hang"),
    ("process", 2, "kill"),
    ("process", 2, "hang"),
    ("http", 2, "kill"),
    ("http", 2, "hang"),
)
_ROOT = Path(__file__).resolve().parents[1]


def measure() -> None:
    held = 0
    for deployment, replicas, fault in CASES:
        started = time.monotonic()
        code, result, told = _run(deployment, replicas, fault)
        good = code == 0 and result["adds_up"] and result["tokens"] == result["sampled"]
        held += good
        counts = ", ".join(f"{name} {result.get(name)}" for name in ("prompts", "responses", "tokens", "sampled"))
        ending = f"completed in {time.monotonic() - started:.0f} s" if code == 0 else f"exit code {code}"
        print(f"engine_faults: {deployment} x{replicas}, {fault}: {ending}; {counts}; {'adds up' if good else 'WRONG'}")
        print(*(f"    {line}" for line in told), sep="\n", flush=True)
    print(f"engine_faults: {held} of {len(CASES)} runs completed with counts that add up")


def _run(deployment: str, replicas: int, fault: str) -> tuple[int, dict[str, Any], list[str]]:
    """Exit code, result, and what was said about the engine."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.small_rl", place, "--fault", fault]
        command += [f'deployment="{deployment}"', f"replicas={replicas}"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=_ROOT, env=dict(os.environ))
        file = Path(place) / "result.json"
        told = [line for line in done.stderr.splitlines() if "engine" in line or "rror" in line]
        return done.returncode, json.loads(file.read_text()) if file.exists() else {}, told
