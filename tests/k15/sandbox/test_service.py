"""The HTTP service and its client, over a real port."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from benchmarks.kills import Service, Watched, free_port, kill_often
from k15.errors import UserError
from k15.sandbox import Limits, Program, Result, Sandbox, desk, slots
from k15.sandbox import service as service_module
from k15.sandbox.box import BoxError
from k15.sandbox.remote import RemoteSandbox
from k15.sandbox.service import create_app
from k15.sandbox.wire import Ceilings

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def service(sandbox: Sandbox) -> Iterator[str]:
    """The address of a service with one slot and a queue of two. `sandbox` skips where there can be none."""
    made = Service(free_port(), "--slots", "1", "--queue", "2")
    yield made.url
    made.process.terminate()
    assert made.process.wait(30) == 0
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


def test_words_that_are_no_utf8_are_replaced(remote: RemoteSandbox) -> None:
    source = "def f(x): raise ValueError('\\ud800')"
    begun = time.monotonic()
    for _ in range(40):
        result = remote.test_functions(source, ["assert f(1) == 1"], entry_point="f")
        assert result.status == "wrong_answer"
        assert result.why.encode()
    assert time.monotonic() - begun < 60  # an answer that fails would be asked for again and again


def test_programs_and_their_input_travel_exactly(remote: RemoteSandbox, sandbox: Sandbox) -> None:
    latin = b"# coding: latin-1\nimport sys\nprint(ascii('\xe9'), sys.stdin.buffer.read(), ascii(sys.argv[1:]))"
    surrogate = "print('\ud800')"
    for client in (remote, sandbox):
        result = client.run("python", latin, stdin=b"\x00\xff", args=["\xe9", ""])
        assert result.stdout == rb"""'\xe9' b'\x00\xff' ['\xe9', '']""" + b"\n"
    there, here = (client.run("python", surrogate) for client in (remote, sandbox))
    assert (there.status, there.stderr) == (here.status, here.stderr)
    tests = ["assert f('\ud800') == 1", "assert f('a') == 1"]
    there, here = (client.test_functions("def f(x): return len(x)", tests) for client in (remote, sandbox))
    assert (there.status, [part.passed for part in there.parts]) == (here.status, [part.passed for part in here.parts])


def test_a_full_queue_refuses_before_it_reads(service: str) -> None:
    slow = {"language": "python", "source": "import time; time.sleep(2)"}
    host, port = service.removeprefix("http://").split(":")
    with ThreadPoolExecutor(3) as threads:
        inside = [threads.submit(httpx.post, f"{service}/v1/run", json=slow, timeout=60) for _ in range(3)]
        while "k15_sandbox_requests 3.0" not in httpx.get(f"{service}/metrics").text:
            time.sleep(0.02)
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(b"POST /v1/run HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 1000000\r\n\r\n")
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 429 ")
            assert not any(request.done() for request in inside)
        assert [request.result().status_code for request in inside] == [200] * 3


def test_large_bodies_are_refused_however_they_come(service: str, sandbox: Sandbox) -> None:
    host, port = service.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"POST /v1/run HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 999999999\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")

    def chunks() -> Iterator[bytes]:
        yield from itertools.repeat(bytes(16 << 20), 17)

    assert httpx.post(f"{service}/v1/run", content=chunks(), timeout=60).status_code == 413
    assert "k15_sandbox_requests 0.0" in httpx.get(f"{service}/metrics").text


def test_requests_inside_are_bounded_together(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MOST_HELD_BYTES", 1000)
    with TestClient(create_app(sandbox, queue=1, ceilings=Ceilings())) as client:
        for size, status in ((2000, 429), (100, 200), (100, 200)):
            message = {"language": "python", "source": "#" * size}
            assert client.post("/v1/run", json=message).status_code == status


def test_outputs_of_one_request_are_bounded_together(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "LARGEST_ANSWER_BYTES", 1000)
    message = {"language": "python", "source": "print('x' * 400)", "stdins": ["", ""]}
    with TestClient(create_app(sandbox, queue=1, ceilings=Ceilings())) as client:
        assert client.post("/v1/run", json=message).status_code == 200
        answer = client.post("/v1/run", json={**message, "stdins": ["", "", ""]})
    assert (answer.status_code, "send fewer stdins" in answer.text) == (413, True)


def test_a_service_whose_boxes_do_not_start_is_not_well(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise BoxError("it does not start")

    message = {"language": "python", "source": "", "stdins": [""] * 5}
    with Sandbox(1) as fresh, TestClient(create_app(fresh, queue=1, ceilings=Ceilings())) as client:
        with monkeypatch.context() as patch:
            patch.setattr(slots, "Box", broken)
            assert client.get("/health").status_code == 200
            results = client.post("/v1/run", json=message).json()["results"]
            assert {result["status"] for result in results} == {"infrastructure_error"}
            health = client.get("/health")
            assert (health.status_code, "it does not start" in health.text) == (503, True)
        assert client.get("/health").status_code == 200


def test_faults_of_the_service_are_500(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("a fault of the pool")

    app = create_app(sandbox, queue=1, ceilings=Ceilings())
    monkeypatch.setattr(sandbox, "build", broken)
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.post("/v1/build", json={"language": "c", "source": ""}).status_code == 500


def test_what_cannot_get_better_is_not_tried_again(service: str) -> None:
    with RemoteSandbox(f"{service}/elsewhere", slots=1) as client, pytest.raises(UserError, match="status 404"):
        client.run("python", "")


@pytest.mark.parametrize(
    ("status", "body"), [(500, "a fault"), (502, "no such host"), (200, "<html>"), (200, '{"resu')]
)
def test_faults_in_between_give_no_verdict(status: int, body: str) -> None:
    """What a gateway answers while the service is away."""
    asked = []

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with RemoteSandbox(f"http://127.0.0.1:{server.server_port}", slots=1, patience_s=0.5) as client:
            result = client.run("python", "")
        server.shutdown()
    assert (result.status, f"status {status}" in result.why) == ("infrastructure_error", True)
    assert len(asked) > 1


def test_large_requests_get_through_a_full_queue(sandbox: Sandbox) -> None:
    made = Service(free_port(), "--slots", "1", "--queue", "0")
    source = "import sys, time; print(len(sys.stdin.buffer.read())); time.sleep(0.3)"
    with RemoteSandbox(made.url, slots=3) as client:
        results = client.run_many(Program("python", {"source": source.encode()}), [bytes(8 << 20)] * 3)
    assert [result.stdout for result in results] == [b"8388608\n"] * 3
    assert "k15_sandbox_refused_total 0.0" not in httpx.get(f"{made.url}/metrics").text
    made.process.send_signal(signal.SIGINT)
    assert made.process.wait(25) == 130


def test_threads_share_the_places_of_a_client(service: str) -> None:
    most = 0

    def watch() -> None:
        nonlocal most
        while not done.is_set():
            found = re.search(r"^k15_sandbox_requests (\d)", httpx.get(f"{service}/metrics").text, re.MULTILINE)
            most = max(most, int(found[1]) if found else 0)

    done = threading.Event()
    with RemoteSandbox(service, slots=2) as client, ThreadPoolExecutor(7) as threads:
        watching = threads.submit(watch)
        results = list(threads.map(lambda _: client.run("python", "import time; time.sleep(0.1)"), range(12)))
        done.set()
        watching.result()
    assert {result.status for result in results} == {"ok"}
    assert most == 2


@pytest.mark.parametrize(
    ("message", "status", "said"),
    [
        ({"language": "klingon", "source": ""}, 400, "unknown language 'klingon'"),
        ({"language": "python"}, 422, "source"),
        ({"language": "python", "source": "", "limits": {"cpu_s": -1}}, 422, "greater than 0"),
        ({"language": "python", "source": "", "limits": {"cpus": 1}}, 422, "cpus"),
        (
            {"language": "python", "source": "", "limits": {"memory_mib": 9999}},
            400,
            "lower it, or its --most-memory-mib",
        ),
        ({"language": "python", "source": "", "stdins": [{"base64": "!"}]}, 422, "base64"),
        ({"language": "python", "source": "\ud800"}, 422, "Invalid JSON"),
        ({"language": "python", "source": "", "\ud800": ""}, 422, "Invalid JSON"),
        ({"language": "python", "source": "", "files": {"../x": ""}}, 400, "no name for a file"),
    ],
)
def test_bad_requests_are_refused_in_words(service: str, message: dict, status: int, said: str) -> None:
    answer = httpx.post(f"{service}/v1/run", content=json.dumps(message))
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


@pytest.mark.parametrize(
    ("options", "path", "said"),
    [
        (["--socket", "missing/socket"], os.environ["PATH"], "no socket can be made at missing/socket"),
        (["--socket", "socket"], "/nowhere", "the sandbox lacks namespaces"),
    ],
)
def test_a_start_that_fails_is_one_line(
    sandbox: Sandbox, tmp_path: Path, options: list[str], path: str, said: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "k15.sandbox", "serve", *options],
        cwd=tmp_path, env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_service_that_ends_does_not_wait_for_long_runs(sandbox: Sandbox) -> None:
    made = Service(free_port(), "--slots", "1")
    slow = {"language": "python", "source": "import time; time.sleep(100)", "limits": {"wall_s": 200}}
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(httpx.post, f"{made.url}/v1/run", json=slow, timeout=300)
        while "k15_sandbox_requests 1.0" not in httpx.get(f"{made.url}/metrics").text:
            time.sleep(0.02)
        made.process.terminate()
        assert made.process.wait(25) == 0
        assert asking.result().status_code == 503


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
