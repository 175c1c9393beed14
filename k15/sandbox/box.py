"""A box: one isolated process that waits with a warm interpreter for what it is asked to run (`runs`)."""

import fcntl
import json
import os
import socket
import subprocess
import weakref
from collections.abc import Sequence

from k15.sandbox import seccomp, walls
from k15.sandbox.cgroups import BoxGroup

_START_S = 60.0
_FIRST_USER, _USERS = 1_610_000, 1_000_000
_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
_JOIN = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done; shift; exec "$@"'
# Where memory runs out, this box's waiting process should be the last to go; not every root may say so.
_SPARE = "(echo -1000 >/proc/$$/oom_score_adj) 2>/dev/null; "


class BoxError(Exception):
    """The box failed, not the program."""


def sealed(content: bytes, name: str) -> int:
    """A descriptor of an anonymous file that nobody can change any more."""
    descriptor = os.memfd_create(name, os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    view, position = memoryview(content), 0
    while position < len(content):
        position += os.pwrite(descriptor, view[position:], position)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    return descriptor


def pack(files: Sequence[tuple[str, bytes]], arguments: Sequence[str] = ()) -> bytes:
    """What a program is made of in one piece, as `guest.program` reads it."""
    table = {"files": [[name, len(content)] for name, content in files], "arguments": list(arguments)}
    head = json.dumps(table).encode()
    return len(head).to_bytes(4, "little") + head + b"".join(content for _, content in files)


class Box:
    """Started at once; `BoxError` if it cannot be. `number` is its own in this process and gives it its user."""

    def __init__(self, number: int, core: int, group: BoxGroup | None) -> None:
        self.group = group
        self.user = _FIRST_USER + number % _USERS if os.geteuid() == 0 else None
        self.runs = 0
        self._last_words: str | None = None
        self._complaints = os.memfd_create("complaints")
        self.control, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        _living.add(self)
        passwd = sealed(walls.passwd(self.user), "passwd")
        inherited = (inside.fileno(), passwd)
        try:
            line = ["/bin/sh", "-c", _SPARE + _JOIN, "k15-box", *(group.doors if group else []), "--"]
            self.process = subprocess.Popen(
                [*line, *walls.command(self.user, *inherited)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                pass_fds=inherited,
                start_new_session=True,
            )
        except BaseException:
            self.control.close()
            os.close(self._complaints)
            raise
        finally:
            inside.close()
            os.close(passwd)
        self._set_up(core)

    def _set_up(self, core: int) -> None:
        files: list[int] = []
        try:
            files.append(sealed(seccomp.filter_program(), "filter"))
            if self.group:
                files.append(self.group.open_cpu())
            socket.send_fds(self.control, [json.dumps({"cores": [core], "user": self.user}).encode()], files)
            self.control.settimeout(_START_S)
            answer = self.control.recv(4096)
            self.control.settimeout(None)
        except OSError:
            answer = b""
        except BaseException:
            self.close()
            raise
        finally:
            for descriptor in files:
                os.close(descriptor)
        if not answer:
            self.close()
            raise BoxError(f"a box did not start: {self.last_words}")

    @property
    def last_words(self) -> str:
        """The last line that bubblewrap or the waiting process wrote."""
        if self._last_words is not None:
            return self._last_words
        lines = os.pread(self._complaints, 1 << 16, 0).decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "without a word")

    @property
    def alive(self) -> bool:
        return self._last_words is None and self.process.poll() is None

    def close(self) -> None:
        """Ends the box with everything in it: its first process dies with bubblewrap's. Its cgroup stays."""
        if self._last_words is None:
            self.control.close()
            self.process.kill()
            self.process.wait()
            self._last_words = self.last_words
            os.close(self._complaints)


_living: "weakref.WeakSet[Box]" = weakref.WeakSet()


def _forget_in_child() -> None:
    """A forked child must not keep the boxes of its parent alive, which end when their sockets close."""
    for box in list(_living):
        box.control.close()


os.register_at_fork(after_in_child=_forget_in_child)
