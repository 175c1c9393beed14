import os
import signal

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
