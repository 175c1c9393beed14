"""What the programs attack: listeners on loopback addresses, secrets, a process, files; and who looks at them after.

Everything is made here and belongs to the test. Enter a `Host` before the sandbox starts, so that the secrets are
where a careless sandbox would pass them on: in the environment, in an inheritable descriptor, in a file, in
command lines and in memory.
"""

import ctypes
import os
import secrets
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType

from k15.errors import UserError
from k15.sandbox import cgroups

MARK = "k15abuse"
_IPC_KEY = 0x6B313561
_IPC_CREAT = 0o1000
_SEARCHED = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/")
_VARIABLE = "K15_ABUSE_SECRET"
_BUSY = Path("/usr/bin/env")  # a file that boxes show, and that this process opens all the time


class Listeners:
    """TCP, UDP and Unix sockets that count who comes; a datagram is answered. Meanwhile a common file is read."""

    def __init__(self, directory: Path) -> None:
        self.contacts: list[str] = []
        self.tcp = self._listen(socket.AF_INET, ("127.0.0.1", 0))
        self.tcp6 = self._listen(socket.AF_INET6, ("::1", 0)) if _has_ipv6() else self.tcp
        self.unix = self._listen(socket.AF_UNIX, str(directory / "listener"))
        self.abstract = self._listen(socket.AF_UNIX, f"\0k15-host-{secrets.token_hex(8)}")
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._stop, self._stopped = socket.socketpair()
        for listener in {self.tcp, self.tcp6, self.unix, self.abstract, self.udp, self._stopped}:
            self._selector.register(listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _listen(self, family: int, address: str | tuple[str, int]) -> socket.socket:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.bind(address)
        listener.listen()
        return listener

    def _serve(self) -> None:
        listeners = {listener.fileno(): listener for listener in (self.tcp, self.tcp6, self.unix, self.abstract)}
        while True:
            _BUSY.open("rb").close()
            for key, _ in self._selector.select(timeout=0.1):
                if key.fileobj is self._stopped:
                    return
                if key.fileobj is self.udp:
                    _, sender = self.udp.recvfrom(4096)
                    self.contacts.append(str(key.fileobj))
                    self.udp.sendto(b"answer", sender)
                    continue
                visitor, _ = listeners[key.fd].accept()
                self.contacts.append(str(key.fileobj))
                visitor.close()

    def close(self) -> None:
        self._stop.send(b"x")
        self._thread.join()
        for listener in {self.tcp, self.tcp6, self.unix, self.abstract, self.udp, self._stop, self._stopped}:
            listener.close()
        self._selector.close()


class Host:
    """`facts`: what programs may be told, by name. `harm()` and `leftovers()` say what a sandbox failed to stop."""

    def __enter__(self) -> "Host":
        self.secret = f"k15secret:{secrets.token_hex(16)}"
        self.directory = Path(tempfile.mkdtemp(prefix="k15-host-"))
        self.secret_path = self.directory / "k15-host-secret"
        self.secret_path.write_text(self.secret)
        self._descriptor = os.open(self.secret_path, os.O_RDONLY)
        os.set_inheritable(self._descriptor, True)
        os.environ[_VARIABLE] = self.secret
        self.listeners = Listeners(self.directory)
        self.process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)", self.secret])
        self._shm_key = secrets.randbelow(1 << 30) + 1
        self._segment = ctypes.CDLL(None).shmget(self._shm_key, 4096, _IPC_CREAT | 0o666)
        self._before = set(_marked_files())
        self._mounts = set(_mounts())
        self._groups = set(_cgroups())
        self._processes = set(_descendants(os.getpid()))
        self._name = os.uname().nodename
        return self

    @property
    def facts(self) -> dict[str, str]:
        return {
            "tcp_port": str(self.listeners.tcp.getsockname()[1]),
            "tcp6_port": str(self.listeners.tcp6.getsockname()[1]),
            "udp_port": str(self.listeners.udp.getsockname()[1]),
            "unix_path": self.listeners.unix.getsockname(),
            "abstract_name": self.listeners.abstract.getsockname()[1:].decode(),
            "secret_path": str(self.secret_path),
            "secret_name": self.secret_path.name,
            "secret_directory": str(self.directory),
            "project_root": str(Path(__file__).parents[4]),
            "host_pid": str(self.process.pid),
            "host_name": self._name,
            "shm_key": str(self._shm_key),
            "busy_directory": str(_BUSY.parent),
        }

    def harm(self) -> list[str]:
        """What reached the host, or changed there, since the last call."""
        found = [f"reached {contact}" for contact in self.listeners.contacts]
        self.listeners.contacts.clear()
        if self.process.poll() is not None or _state(self.process.pid) == "T":
            found.append("a process of the host was ended or stopped")
        if not self.secret_path.is_file() or self.secret_path.read_text() != self.secret:
            found.append("a file of the host was changed or removed")
        if os.uname().nodename != self._name:
            found.append("the host was renamed")
        return found

    def leftovers(self) -> list[str]:
        """Processes, cgroups, mounts, files and IPC objects that outlived the sandbox, which must be closed."""
        found = [f"file {path}" for path in _marked_files() if path not in self._before]
        found += [f"mount {point}" for point in _mounts() if point not in self._mounts]
        found += [f"process {pid}" for pid in _descendants(os.getpid()) if pid not in self._processes]
        found += [f"cgroup {folder}" for folder in _cgroups() if folder not in self._groups]
        for kind in ("shm", "sem", "msg"):
            rows = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            found += [f"{kind} object" for row in rows if int(row.split()[0]) == _IPC_KEY]
        return found

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ctypes.CDLL(None).shmctl(self._segment, 0, None)
        self.process.kill()
        self.process.wait()
        self.listeners.close()
        os.environ.pop(_VARIABLE, None)
        os.close(self._descriptor)
        shutil.rmtree(self.directory, ignore_errors=True)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _marked_files() -> list[str]:
    """Files that bear the programs' mark, in the places where programs put them and one level below."""
    found = []
    for place in {*_SEARCHED, os.getcwd()}:
        for pattern in (f"{MARK}*", f"*/{MARK}*", "core*"):
            found += [str(path) for path in _glob(Path(place), pattern)]
    return found


def _glob(place: Path, pattern: str) -> list[Path]:
    try:
        return list(place.glob(pattern))
    except OSError:  # a directory that went, or that may not be read, while it was looked at
        return []


def _mounts() -> list[str]:
    """Mount points that a box could have: other users of the machine mount elsewhere."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [point for point in points if point.split("/")[1] in ("box", "newroot", "oldroot") or "k15" in point]


def _cgroups() -> list[Path]:
    """Those of boxes of this process; none where none can be made, which is for the sandbox to refuse."""
    try:
        folders = cgroups.find_layout().folders
    except UserError:
        return []
    pools = [folder / cgroups.owner_name(os.getpid()) for folder in folders]
    return [group for pool in pools if pool.exists() for group in pool.iterdir() if group.is_dir()]


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found
