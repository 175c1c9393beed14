"""One local Prefect server, shared by all flows that run on this checkout.

`ensure` gives the address of a running server: the one that PREFECT_API_URL names, or else this checkout's own,
started on demand as a detached process with its state in `.k15/prefect/` (SQLite, its own PREFECT_HOME). The
server holds a lock on `.k15/prefect/server.lock` for as long as it lives and writes its address there once it
answers, so any number of simultaneous starts end in one server, and a killed one is never taken for alive. It
ends by itself after IDLE_SECONDS without a request. Services that nothing here uses (scheduling, triggers,
telemetry) are off: idle, it takes about half a percent of a core. It listens on the loopback address only.
"""

import fcntl
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
PREFERRED_PORT = 4200
IDLE_SECONDS = 300.0
START_SECONDS = 300.0

CLIENT_SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # Run logs go to the API; the terminal already has the stage's own output.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    # The stage must not wait long for a server that is gone.
    "PREFECT_CLIENT_MAX_RETRIES": "3",
    # DVC owns the caching.
    "PREFECT_TASKS_DISABLE_CACHING": "true",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}

SERVER_SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    **{
        f"PREFECT_SERVER_SERVICES_{service}_ENABLED": "false"
        for service in (
            "SCHEDULER",
            "LATE_RUNS",
            "PAUSE_EXPIRATIONS",
            "CANCELLATION_CLEANUP",
            "CLEANUP_RECONCILER",
            "FOREMAN",
            "REPOSSESSOR",
            "TRIGGERS",
        )
    },
}

Message = MutableMapping[str, Any]
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


class ServerError(Exception):
    """The server could not be started; one line that says where to look."""


def home(root: Path) -> Path:
    return root / ".k15" / "prefect"


def configure(root: Path, url: str) -> None:
    """Point this process's Prefect at the server; before `prefect` is imported."""
    if "PREFECT_API_URL" not in os.environ:
        os.environ["PREFECT_HOME"] = str(home(root))
        os.environ["PREFECT_API_URL"] = url
    for name, value in CLIENT_SETTINGS.items():
        os.environ.setdefault(name, value)


def ensure(root: Path) -> str:
    """The API address of a server that answers."""
    if configured := os.environ.get("PREFECT_API_URL"):
        return configured
    folder = home(root)
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + START_SECONDS
    starter: subprocess.Popen[bytes] | None = None
    while time.monotonic() < deadline:
        url = _running(folder)
        if url and _answers(url):
            return url
        if url is None:
            if starter is not None and starter.poll():
                break
            if starter is None or starter.poll() is not None:
                starter = _spawn(root, folder)
        time.sleep(0.2)
    raise ServerError(f"its server did not start; see {(folder / 'server.log').relative_to(root)}")


def _running(folder: Path) -> str | None:
    """None: no server is alive; "": one is starting; else its address."""
    try:
        with (folder / "server.lock").open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip()
    except FileNotFoundError:
        pass
    return None


def _answers(url: str) -> bool:
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{url}/health", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _spawn(root: Path, folder: Path) -> "subprocess.Popen[bytes]":
    env = {**os.environ, **SERVER_SETTINGS, "PREFECT_HOME": str(folder), "PYTHONPATH": str(root)}
    # In a new session: it serves the next stages too, whatever becomes of this one.
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.server"],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _take_lock(folder: Path) -> IO[str] | None:
    lock = (folder / "server.lock").open("a+")
    for _ in range(10):  # a client that looks holds it for an instant
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.truncate(0)
            return lock
        except BlockingIOError:
            time.sleep(0.1)
    return None


def _listen() -> socket.socket:
    for port in (PREFERRED_PORT, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            return listener
        except OSError:
            listener.close()
    raise SystemExit("no free port on the loopback address")


def serve(root: Path) -> int:
    """Be the server until nobody asks any more."""
    folder = home(root)
    lock = _take_lock(folder)
    if lock is None:
        return 0
    listener = _listen()
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    # The UI in the browser asks the address that the server tells it.
    os.environ["PREFECT_UI_API_URL"] = f"{url}/api"
    import uvicorn
    from prefect.server.api.server import create_app

    inner: App = create_app()
    last_request = time.monotonic()

    async def app(scope: Message, receive: Any, send: Any) -> None:
        nonlocal last_request
        last_request = time.monotonic()
        await inner(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))

    def supervise() -> None:
        while not server.started:
            time.sleep(0.1)
        lock.write(f"{url}/api\n")
        lock.flush()
        while time.monotonic() - last_request < IDLE_SECONDS:
            time.sleep(5)
        server.should_exit = True

    threading.Thread(target=supervise, daemon=True).start()
    server.run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(serve(ROOT))
