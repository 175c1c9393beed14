import json
import os
import signal
import subprocess
import sys

import pytest

from k15.rewards.math_pool import MathPool

EXPLODING = "9^{9^{9^{9}}}"


def test_a_deadline_is_an_error_and_spares_the_neighbours() -> None:
    pool = MathPool(workers=1, cpu_seconds=1.0)
    verdicts = pool.compare([("1/2", "0.5"), ("10", EXPLODING), ("3", r"\sqrt{9}")])
    pool.close()
    assert [item.verdict for item in verdicts] == ["correct", "error", "correct"]
    assert verdicts[1].why == "no verdict within 1 s of CPU time"


def test_a_killed_worker_is_replaced() -> None:
    pool = MathPool(workers=1)
    assert pool.compare([("1/2", "0.5")])[0].verdict == "correct"
    worker = pool._idle.get()
    assert worker is not None
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()
    pool._idle.put(worker)
    assert pool.compare([("1/2", "0.5")])[0].verdict == "correct"
    pool.close()


def test_a_closed_pool_leaves_no_process() -> None:
    pool = MathPool(workers=2)
    pool.compare([("1/2", "0.5"), ("1/4", "0.25")])
    workers = [pool._idle.get() for _ in range(2)]
    for worker in workers:
        pool._idle.put(worker)
    pool.close()
    assert all(not worker.alive for worker in workers if worker is not None)


def test_exhausted_memory_is_an_error_though_math_verify_says_different() -> None:
    memory = 192 << 20
    assert _alone(r"2^{10^{11}}", memory) is False
    pool = MathPool(workers=1, cpu_seconds=30.0, memory_bytes=memory)
    verdicts = pool.compare([("10", r"2^{10^{11}}"), ("1/2", "0.5"), ("3", r"\foo")])
    pool.close()
    assert [item.verdict for item in verdicts] == ["error", "correct", "wrong"]
    assert verdicts[0].why == "no verdict within 192 MiB of memory"


def _alone(answer: str, memory: int) -> object:
    """Whether math-verify itself finds `answer` equal to 10 under the limit."""
    program = (
        "import json, resource, sys; from k15.rewards.math_worker import algebra\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))\n"
        "print(json.dumps(algebra('10', sys.argv[1])))"
    )
    done = subprocess.run([sys.executable, "-c", program, answer], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("executable", ["/nonexistent/python", "/bin/false"])
def test_a_worker_that_cannot_start_is_an_error_of_each_comparison(
    executable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = MathPool(workers=1)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", executable)
        verdicts = pool.compare([("1/2", "0.5"), ("1/4", "0.25")])
    assert [item.verdict for item in verdicts] == ["error", "error"]
    assert executable in verdicts[0].why
    assert pool.compare([("1/2", "0.5")])[0].verdict == "correct"
    pool.close()
