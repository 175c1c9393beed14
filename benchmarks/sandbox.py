"""How fast isolated Python starts: our pool against plain subprocess, bubblewrap for each run, and `podman run`.

Everything is pinned to one core and runs one at a time, in turns. A start is the time from asking to the program's
first instruction; a run ends when its output is there. subprocess isolates nothing: the floor for a new interpreter.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from containers.engine import podman_environment
from k15.sandbox import Sandbox

PROGRAM = "import time; print(time.monotonic())"
ROUNDS = 20
RUNS = 25
PODMAN_RUNS = 1
PAPER = "the paper: 40 ms, 120 a second on 16 cores"

Side = Callable[[], float]
"""Runs the program; the monotonic time of its first instruction."""


def measure() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        with Sandbox(1) as sandbox:
            sandbox.start()
            report(collect(sides(sandbox)))
    finally:
        os.sched_setaffinity(0, allowed)


def sides(sandbox: Sandbox) -> dict[str, tuple[Side, int]]:
    """The sides by name, each with how often it runs in a round."""
    python = os.path.realpath(f"{sys.base_prefix}/bin/python3")
    fresh = [python, "-I", "-S", "-c", PROGRAM]
    found: dict[str, tuple[Side, int]] = {
        "k15 sandbox": (lambda: float(sandbox.run("python", PROGRAM).stdout), RUNS),
        "subprocess": (lambda: _ask(fresh), RUNS),
        "bubblewrap a run": (lambda: _ask(bubblewrap(python, fresh)), RUNS),
    }
    image = podman_image()
    if image:
        line = ["podman", "run", "--rm", "--network=none", image, "python3", "-I", "-S", "-c", PROGRAM]
        found["podman run"] = (lambda: _ask(line, podman_environment()), PODMAN_RUNS)
    return found


def bubblewrap(python: str, command: list[str]) -> list[str]:
    prefix = os.path.dirname(os.path.dirname(python))
    line = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--ro-bind", "/usr", "/usr"]
    for name in ("lib", "lib64", "bin"):
        line += ["--symlink", f"usr/{name}", f"/{name}"]
    return [*line, "--ro-bind", prefix, prefix, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", *command]


def podman_image() -> str | None:
    """An image with a Python that is here already; None, and why, where there is none."""
    if not shutil.which("podman"):
        print("sandbox: podman is not installed, so it is not measured")
        return None
    listed = subprocess.run(
        ["podman", "images", "--format", "{{.Repository}}:{{.Tag}}"],
        capture_output=True,
        text=True,
        env=podman_environment(),
        check=False,
    )
    image = next((name for name in listed.stdout.split() if "k15-base" in name or "python" in name), None)
    if image is None:
        print("sandbox: podman has no image with Python (`make images` makes one), so it is not measured")
    return image


def _ask(command: list[str], environment: dict[str, str] | None = None) -> float:
    return float(subprocess.run(command, capture_output=True, env=environment, check=True).stdout)


def collect(found: dict[str, tuple[Side, int]]) -> dict[str, list[tuple[float, float]]]:
    """(seconds to the first instruction, seconds to the end) of every run, the sides taking turns."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in found}
    for side, _ in found.values():
        side()
    for _ in range(ROUNDS):
        for name, (side, runs) in found.items():
            for _ in range(runs):
                asked = time.monotonic()
                began = side()
                times[name].append((began - asked, time.monotonic() - asked))
    return times


def report(times: dict[str, list[tuple[float, float]]]) -> None:
    print(f"{'Python on one core':20} {'start p50':>10} {'p99':>9} {'runs/s':>8} {'ratio':>7}   ({PAPER})")
    ours = _rate(times["k15 sandbox"])
    for name, runs in times.items():
        starts = sorted(start for start, _ in runs)
        p50, p99 = statistics.median(starts), starts[min(len(starts) - 1, int(0.99 * len(starts)))]
        rate = _rate(runs)
        print(f"{name:20} {p50 * 1000:7.1f} ms {p99 * 1000:6.1f} ms {rate:8.1f} {ours / rate:7.2f}", flush=True)


def _rate(runs: list[tuple[float, float]]) -> float:
    return len(runs) / sum(whole for _, whole in runs)
