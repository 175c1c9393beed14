"""Worker processes for math-verify, kept between calls, replaced when one dies.

A comparison that uses up its CPU seconds (or, on a machine that stands still, sixty times as much wall time)
or its memory costs its worker and yields an `error` verdict; the other comparisons of the batch do not notice.
A worker that cannot start is an `error` verdict too. Workers end with the process that started them: their
input closes.
"""

import atexit
import json
import os
import queue
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from k15.rewards.verdict import Verdict

CPU_SECONDS = 5.0
MEMORY_BYTES = 2 << 30
WALL_FACTOR = 60
START_SECONDS = 120.0
_ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """One process and one comparison at a time; RuntimeError or OSError if it cannot start."""

    def __init__(self, cpu_seconds: float, memory_bytes: int) -> None:
        self.cpu_seconds = cpu_seconds
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "k15.rewards.math_worker", str(cpu_seconds), str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
        )
        if self._read_line(time.monotonic() + START_SECONDS) is None:
            self.close()
            raise RuntimeError(f"math-verify's process did not start: {sys.executable} -m k15.rewards.math_worker")

    def compare(self, reference: str, answer: str) -> Verdict:
        assert self.process.stdin and self.process.stdout
        request = json.dumps({"reference": reference, "answer": answer}) + "\n"
        try:
            self.process.stdin.write(request.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            return self._lost()
        line = self._read_line(time.monotonic() + self.cpu_seconds * WALL_FACTOR)
        if line is None:
            return self._lost()
        reply = json.loads(line)
        if reply["last"]:
            self.close()
        make = {None: Verdict.error, True: Verdict.correct, False: Verdict.wrong}[reply["equal"]]
        return make(reply["why"], reply["cpu_s"])

    def _read_line(self, until: float) -> bytes | None:
        assert self.process.stdout
        descriptor, line = self.process.stdout.fileno(), b""
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not line.endswith(b"\n"):
            ready = poll.poll(max(0.0, until - time.monotonic()) * 1000)
            chunk = os.read(descriptor, 65536) if ready else b""
            if not chunk:
                return None
            line += chunk
        return line

    def _lost(self) -> Verdict:
        try:
            code = self.process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self.close()
            return Verdict.error(f"no verdict within {self.cpu_seconds * WALL_FACTOR:g} s")
        if code == -signal.SIGPROF:
            return Verdict.error(f"no verdict within {self.cpu_seconds:g} s of CPU time", self.cpu_seconds)
        return Verdict.error(f"math-verify's process ended with status {code}")

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()


class MathPool:
    def __init__(self, workers: int, cpu_seconds: float = CPU_SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self.workers = workers
        self.cpu_seconds = cpu_seconds
        self.memory_bytes = memory_bytes
        self._idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(None)

    def compare(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """Verdicts of (reference, answer) pairs, in their order; equal pairs are compared once."""
        unique = sorted(set(pairs))
        with ThreadPoolExecutor(min(self.workers, len(unique)) or 1) as threads:
            verdicts = dict(zip(unique, threads.map(self._compare, unique), strict=True))
        return [verdicts[pair] for pair in pairs]

    def _compare(self, pair: tuple[str, str]) -> Verdict:
        worker = self._idle.get()
        try:
            if worker is None or not worker.alive:
                worker = Worker(self.cpu_seconds, self.memory_bytes)
            return worker.compare(*pair)
        except (OSError, RuntimeError) as error:
            return Verdict.error(str(error))
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """Ends the idle workers; the pool starts new ones when it is used again."""
        for _ in range(self.workers):
            worker = self._idle.get()
            if worker is not None:
                worker.close()
        for _ in range(self.workers):
            self._idle.put(None)


_shared: MathPool | None = None


def shared_pool() -> MathPool:
    """The pool of this process, started on first use."""
    global _shared
    if _shared is None:
        _shared = MathPool(workers=min(8, len(os.sched_getaffinity(0))))
        atexit.register(_shared.close)
    return _shared
