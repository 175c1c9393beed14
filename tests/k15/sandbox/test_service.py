"""The HTTP service and its client, over a real port."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from benchmarks.kills import Service, Watched, free_port, kill_often
from k15.errors import UserError
from k15.sandbox import Limits, Program, Result, Sandbox
from k15.sandbox.remote import RemoteSandbox

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def service(sandbox: Sandbox) -> Iterator[str]:
    """The address of a service with one slot and a queue of two. `sandbox` skips where there can be none."""
    made = Service(free_port(), "--slots", "1", "--queue", "2")
    yield made.url
    made.process.terminate()
    assert made.process.wait(30) in (0, -signal.SIGTERM)
    assert not made.left_behind({})


@pytest.fixture
def remote(service: str) -> Iterator[RemoteSandbox]:
    with RemoteSandbox(service) as client:
        yield client


def test_the_client_has_the_face_of_the_pool(remote: RemoteSandbox, sandbox: Sandbox) -> None:
    for client in (remote, sandbox):
        result = client.run("python", "import sys\nprint(open('f').read(), sys.argv[1], input())", stdin=b"in\xff",
                            args=["arg"], files={"f": b"\x00file"})  # fmt: skip
        assert (result.status, result.stdout) == ("ok", b"\x00file arg in\xff\n")
        built = client.build("c", "int main() { return 3; }")
        assert isinstance(built, Program)
        assert [result.exit_code for result in client.run_many(built, ["", ""])] == [3, 3]
        broken = client.build("c", "int main( {")
        assert isinstance(broken, Result)
        assert broken.status == "compile_error"
        tested = client.test_functions("def f(x): return x", ["assert f(1) == 1", "assert f(2) == 3"], entry_point="f")
        assert (tested.status, [part.passed for part in tested.parts]) == ("wrong_answer", [True, False])
        assert client.run("python", "while True: pass", limits=Limits(cpu_s=0.2)).status == "cpu_limit"


def test_a_full_queue_refuses_and_says_when_to_return(service: str) -> None:
    slow = {"language": "python", "source": "import time; time.sleep(1)"}
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: httpx.post(f"{service}/v1/run", json=slow, timeout=60), range(8)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 5  # one ran, two waited
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert [answer.json()["results"][0]["status"] for answer in answers if answer.status_code == 200] == ["ok"] * 3


def test_a_patient_client_gets_every_verdict_through_a_full_queue(service: str) -> None:
    with RemoteSandbox(service, slots=12) as client:
        built = client.build("python", "print(int(input()) + 1)")
        assert isinstance(built, Program)
        results = client.run_many(built, [str(number) for number in range(40)])
    assert [int(result.stdout) for result in results] == list(range(1, 41))


def test_health_and_metrics(service: str, remote: RemoteSandbox) -> None:
    remote.run("python", "pass")
    health = httpx.get(f"{service}/health").json()
    assert (health["status"], health["slots"]) == ("ok", 1)
    assert "python" in health["languages"]
    assert set(health["layers"]) >= {"namespaces", "cgroups", "seccomp"}
    metrics = httpx.get(f"{service}/metrics").text
    assert 'k15_sandbox_runs_total{status="ok"}' in metrics
    assert "k15_sandbox_slots 1.0" in metrics


@pytest.mark.parametrize(
    ("message", "status", "said"),
    [
        ({"language": "klingon", "source": ""}, 400, "unknown language 'klingon'"),
        ({"language": "python"}, 422, "source"),
        ({"language": "python", "source": "", "limits": {"cpu_s": -1}}, 422, "greater than 0"),
        ({"language": "python", "source": "", "limits": {"cpus": 1}}, 422, "cpus"),
        ({"language": "python", "source": "", "stdins": [{"base64": "!"}]}, 400, "base64"),
        ({"language": "python", "source": "", "files": {"../x": ""}}, 400, "no name for a file"),
    ],
)
def test_bad_requests_are_refused_in_words(service: str, message: dict, status: int, said: str) -> None:
    answer = httpx.post(f"{service}/v1/run", json=message)
    assert answer.status_code == status
    assert said in answer.text


def test_nobody_answers() -> None:
    with pytest.raises(UserError, match=r"no sandbox service answers at .*unset K15_SANDBOX_URL"):
        RemoteSandbox(f"http://127.0.0.1:{free_port()}")


def test_a_service_that_is_gone_gives_no_verdict(sandbox: Sandbox) -> None:
    made = Service(free_port(), "--slots", "1")
    with RemoteSandbox(made.url, patience_s=1.5) as client:
        threading.Timer(0.3, made.kill).start()
        result = client.run("python", "import time; time.sleep(30)")
    assert result.status == "infrastructure_error"
    assert "gave no verdict" in result.why


def test_killed_under_load_nothing_is_lost_invented_or_left(sandbox: Sandbox) -> None:
    tally = kill_often(3)
    assert (tally.kills, tally.lost, tally.invented, tally.left_behind) == (3, 0, 0, [])
    assert tally.asked > 30


def test_a_port_that_is_taken_is_one_line(service: str) -> None:
    port = service.rpartition(":")[2]
    ended = subprocess.run(
        [sys.executable, "-m", "k15.sandbox", "serve", "--port", port],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.strip() == f"k15 sandbox: error: port {port} of 127.0.0.1 is taken; choose another with --port"


def test_a_pool_that_is_killed_leaves_nothing_for_the_next(sandbox: Sandbox) -> None:
    """The in-process pool, killed while a program hides from it."""
    source = "import os, time\nfor _ in range(5):\n    if os.fork() == 0: os.setsid()\ntime.sleep(60)"
    script = f"""from k15.sandbox import Sandbox
with Sandbox(1) as sandbox:
    sandbox.start()
    print("up", flush=True)
    sandbox.run("python", {source!r})"""
    pool = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert pool.stdout is not None
    assert pool.stdout.readline() == "up\n"
    time.sleep(0.7)
    killed = Watched(pool)
    members = killed.kill()
    assert len(members) > 5
    with Sandbox(1) as following:
        following.start()
        assert killed.left_behind(members) == []
