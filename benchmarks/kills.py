"""SIGKILL of the sandbox service under load, 20 times: what is left behind, and whether a client loses a verdict.

Clients keep asking while the service is killed at random moments and started again on its port. Counted are requests
without a verdict, verdicts that are not the program's, and, after each new start, processes and cgroups of the service
that was killed; at the end also mounts that were not there before and files, the services' temporary ones and those
of programs.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from k15.errors import UserError
from k15.sandbox.cgroups import find_layout, owner_name
from k15.sandbox.remote import RemoteSandbox

KILLS = 20
CLIENTS = 16
START_S = 60.0
REAPING_S = 2.0
_ROOT = Path(__file__).resolve().parents[1]
_MARK = "k15-kills-"
_PROGRAM = """
import os, time
for folder in ("/tmp", "/var/tmp", "/dev/shm", os.getcwd()):
    open(folder + "/{mark}{number}", "w").close()
time.sleep({sleep})
print("{token}")
"""
_OTHERS_MOUNT = ("/run/", "/var/lib/", "/media/", "/mnt/")
"""Where container engines and people mount while this runs."""


@dataclass
class Tally:
    asked: int = 0
    lost: int = 0
    invented: int = 0
    kills: int = 0
    left_behind: list[str] = field(default_factory=list)


class Watched:
    """A process with a sandbox, and what can be seen of it from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.group = owner_name(process.pid)

    def members(self) -> dict[int, str]:
        """Its boxes' processes and everything that runs in them: names that no later process has, by id."""
        pids = {int(line) for folder in self._groups() for file in folder.rglob("cgroup.procs") for line in file.open()}
        return {pid: name for pid in pids if (name := name_of(pid))}

    def _groups(self) -> list[Path]:
        return [folder / self.group for folder in find_layout().folders]

    def kill(self) -> dict[int, str]:
        members = self.members()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return members

    def left_behind(self, members: dict[int, str]) -> list[str]:
        """What is still there of it after its end. A process that has ended may wait a moment for the system to take
        note of it."""
        until = time.monotonic() + REAPING_S
        while (alive := [pid for pid, name in members.items() if name_of(pid) == name]) and time.monotonic() < until:
            time.sleep(0.01)
        return [f"process {pid}" for pid in alive] + [str(group) for group in self._groups() if group.exists()]


class Service(Watched):
    """The service in a process of its own, once it answers."""

    def __init__(self, port: int, *options: str, temporary: Path | None = None) -> None:
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "k15.sandbox", "serve", "--port", str(port), *options]
        environment = {**os.environ, **({"TMPDIR": str(temporary)} if temporary else {})}
        super().__init__(subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL, text=True))
        until = time.monotonic() + START_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.process.kill()
                raise UserError("the sandbox service does not start; see above")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/metrics", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


class Surroundings:
    """Mounts and files of this machine, as they were when this was made. `temporary`: a folder for nothing else."""

    def __init__(self, temporary: Path) -> None:
        self._temporary = temporary
        self._before = set(self._seen())

    def added(self) -> list[str]:
        return [thing for thing in self._seen() if thing not in self._before]

    def _seen(self) -> list[str]:
        points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        places = {Path(name) for name in ("/tmp", "/var/tmp", "/dev/shm", tempfile.gettempdir())} | {_ROOT}
        files = [*self._temporary.iterdir(), *(file for place in places for file in place.glob(f"{_MARK}*"))]
        mounts = [f"mount {point}" for point in points if not point.startswith(_OTHERS_MOUNT)]
        return mounts + [f"file {file}" for file in files]


def name_of(pid: int) -> str | None:
    try:
        return owner_name(pid)
    except OSError:
        return None


@contextmanager
def clients(url: str, tally: Tally) -> Iterator[None]:
    """Clients that ask all the time; at the end every one of them has had its last answer."""
    stop = threading.Event()
    lock = threading.Lock()

    def ask(client: RemoteSandbox, number: int) -> None:
        while not stop.is_set():
            with lock:
                tally.asked += 1
                token = f"{number} {tally.asked}"
            program = _PROGRAM.format(mark=_MARK, number=number, sleep=number % 4 / 50, token=token)
            result = client.run("python", program)
            with lock:
                if result.status == "infrastructure_error":
                    tally.lost += 1
                elif result.status != "ok" or result.stdout.decode() != f"{token}\n":
                    tally.invented += 1

    with RemoteSandbox(url, slots=CLIENTS, patience_s=300) as client, ThreadPoolExecutor(CLIENTS) as threads:
        asking = [threads.submit(ask, client, number) for number in range(CLIENTS)]
        try:
            yield
        finally:
            stop.set()
        for future in asking:
            future.result()


def kill_often(kills: int, seed: int = 0) -> Tally:
    generator, tally, port = random.Random(seed), Tally(), free_port()
    find_layout()  # may move this process to a cgroup of its own, from which the services can make theirs
    with tempfile.TemporaryDirectory(prefix="k15-services-") as folder:
        temporary = Path(folder)
        surroundings = Surroundings(temporary)
        service = Service(port, temporary=temporary)
        try:
            with clients(service.url, tally):
                for _ in range(kills):
                    time.sleep(generator.uniform(0.2, 1.2))
                    killed, members = service, service.kill()
                    service = Service(port, temporary=temporary)
                    tally.kills += 1
                    tally.left_behind += killed.left_behind(members)
        finally:
            service.process.terminate()
            service.process.wait()
        tally.left_behind += service.left_behind({}) + surroundings.added()
    return tally


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def measure() -> None:
    tally = kill_often(int(os.environ.get("KILLS", KILLS)))
    print(f"kills: {tally.kills} times SIGKILL, {tally.asked} programs asked for by {CLIENTS} clients")
    print(
        f"kills: {tally.lost} verdicts lost, {tally.invented} invented, left behind: {tally.left_behind or 'nothing'}"
    )
