"""A box: one isolated process that waits with a warm interpreter, and the runs that it makes.

A box makes one run at a time. `Run` is a run in flight: `drive` carries one to its end, or the two of a function
test together. A box that does not answer is ended, and its run is an infrastructure error.
"""

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from k15.sandbox import seccomp, walls
from k15.sandbox.cgroups import BoxGroup
from k15.sandbox.types import Limits, Result, one_line

_START_S = 60.0
_GRACE_S = 20.0
_FIRST_USER, _USERS = 1_610_000, 1_000_000
_OVERHEAD_PROCESSES = 3  # bubblewrap, the waiting process, the supervisor
_CHUNK = 1 << 16
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


@dataclass(frozen=True)
class Order:
    """What a box is asked to run."""

    mode: str
    """python, execute, candidate or judge"""
    limits: Limits
    command: tuple[str, ...] = ()
    """For `execute`: what is executed, without the program's own arguments."""
    environment: dict[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    """Files to bring out of a run that went well."""


class Box:
    """Started at once; `BoxError` if it cannot be. `number` is its own in this process and gives it its user."""

    def __init__(self, number: int, core: int, group: BoxGroup | None) -> None:
        self.group = group
        self.user = _FIRST_USER + number % _USERS if os.geteuid() == 0 else None
        self.control, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._complaints = os.memfd_create("complaints")
        passwd = sealed(walls.passwd(self.user), "passwd")
        doors = group.doors if group else []
        inherited = (inside.fileno(), passwd)
        os.set_inheritable(passwd, True)
        try:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", _SPARE + _JOIN, "k15-box", *doors, "--", *walls.command(self.user, *inherited)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                pass_fds=inherited,
                start_new_session=True,
            )
        finally:
            inside.close()
            os.close(passwd)
        self._set_up(core)

    def _set_up(self, core: int) -> None:
        files = [sealed(seccomp.filter_program(), "filter"), *([self.group.open_cpu()] if self.group else [])]
        try:
            socket.send_fds(self.control, [json.dumps({"cores": [core], "user": self.user}).encode()], files)
            self.control.settimeout(_START_S)
            answer = self.control.recv(4096)
            self.control.settimeout(None)
        except OSError:
            answer = b""
        finally:
            for descriptor in files:
                os.close(descriptor)
        if not answer:
            self.close()
            raise BoxError(f"a box did not start: {self.complaints()}")

    def complaints(self) -> str:
        """What bubblewrap and the waiting process wrote, its last line."""
        lines = os.pread(self._complaints, 1 << 16, 0).decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "without a word")

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        """Ends the box with everything in it: its first process dies with bubblewrap's. Its cgroup stays."""
        self.control.close()
        self.process.kill()
        self.process.wait()


class Run:
    """A run in flight. Give `drive` this, then ask for `result()` and `outputs`."""

    def __init__(self, box: Box, order: Order, payload: int, stdin: int, channels: Sequence[int] = ()) -> None:
        self.box = box
        self.order = order
        self.outputs: dict[str, bytes] = {}
        self.report: dict[str, Any] | None = None
        self.failure: str | None = None
        self.overflow = False
        self.streams: dict[int, bytearray] = {}
        self._measure_start()
        self._deadline = time.monotonic() + order.limits.wall_s + _GRACE_S
        self._send(payload, stdin, channels)

    def _measure_start(self) -> None:
        group, limits = self.box.group, self.order.limits
        self._peak_known = False
        if group is not None:
            group.limit(limits.memory_mib << 20, limits.processes + _OVERHEAD_PROCESSES)
            self._peak_known = group.reset_peak()
            self._kills, self._base = group.kills_for_memory(), group.memory_used()

    def _send(self, payload: int, stdin: int, channels: Sequence[int]) -> None:
        leash, self._leash = os.pipe2(os.O_CLOEXEC)
        self._out, out = os.pipe2(os.O_CLOEXEC)
        self._err, err = os.pipe2(os.O_CLOEXEC)
        self.streams = {self._out: bytearray(), self._err: bytearray()}
        self._open = {self._out, self._err, self.box.control.fileno()}
        descriptors = [leash, payload, stdin, out, err, *channels]
        try:
            socket.send_fds(self.box.control, [json.dumps(self._request()).encode()], descriptors)
        except OSError as error:
            self._fail(f"a box is gone ({error.strerror}): {self.box.complaints()}")
        finally:
            for descriptor in (leash, out, err):
                os.close(descriptor)

    def _request(self) -> dict[str, Any]:
        order, limits = self.order, self.order.limits
        rlimits = {}
        if self.box.group is None:
            rlimits = {"RLIMIT_AS": limits.memory_mib << 20, "RLIMIT_NPROC": limits.processes + _OVERHEAD_PROCESSES}
        return {
            "mode": order.mode,
            "command": order.command,
            "environment": order.environment,
            "outputs": order.outputs,
            "cpu_s": limits.cpu_s,
            "wall_s": limits.wall_s,
            "disk_bytes": limits.disk_mib << 20,
            "rlimits": rlimits,
        }

    @property
    def waiting_for(self) -> set[int]:
        """Descriptors that have something to say; empty when the run is over."""
        return self._open

    def hear(self, descriptor: int) -> None:
        if descriptor in self.streams:
            self._read_stream(descriptor)
        else:
            self._read_control()

    def _read_stream(self, descriptor: int) -> None:
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            self._open.discard(descriptor)
            return
        kept = self.streams[descriptor]
        room = (self.order.limits.output_kib << 10) - len(kept)
        kept += chunk[:room]
        if len(chunk) > room and not self.overflow:
            self.overflow = True
            self.let_go()

    def _read_control(self) -> None:
        try:
            text, descriptors, _, _ = socket.recv_fds(self.box.control, 1 << 16, 253)
        except OSError:
            text, descriptors = b"", []
        if not text:
            self._fail(f"a box ended during a run: {self.box.complaints()}")
            return
        message = json.loads(text)
        if message.get("done"):
            self._open.discard(self.box.control.fileno())
            return
        self.report = message
        for name, descriptor in zip(message.get("outputs", ()), descriptors, strict=True):
            with open(descriptor, "rb") as file:
                self.outputs[name] = file.read()

    def let_go(self) -> None:
        """Ends the run; its report still comes."""
        if self._leash >= 0:
            os.close(self._leash)
            self._leash = -1

    def check_deadline(self) -> float:
        """Seconds until the box is held to be dead; ends it when there are none."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._fail("a box did not end a run in time")
        return left

    def _fail(self, why: str) -> None:
        self.failure = why
        self._open = set()
        self.box.close()

    def finish(self) -> None:
        self.let_go()
        for descriptor in self.streams:
            os.close(descriptor)

    def result(self) -> Result:
        """The verdict about a run that is over."""
        report = self.report or {}
        if self.failure or not report or report["end"] == "setup":
            why = self.failure or report.get("message") or "a run ended without a report"
            return Result("infrastructure_error", why=why)
        code = report["code"]
        result = Result(
            "ok",
            exit_code=code if code is not None and code >= 0 else None,
            signal=-code if code is not None and code < 0 else None,
            stdout=bytes(self.streams[self._out]),
            stderr=bytes(self.streams[self._err]),
            cpu_s=report["cpu_s"],
            wall_s=report["wall_s"],
            memory_bytes=self._memory(),
            began=report["begun"],
        )
        return _judged(result, report, self.order.limits, overflow=self.overflow, killed=self._killed_for_memory())

    def _memory(self) -> int:
        if self._peak_known and self.box.group is not None:
            return max(0, self.box.group.peak() - self._base)
        return int(self.report["resident_bytes"]) if self.report else 0

    def _killed_for_memory(self) -> bool:
        return self.box.group is not None and self.box.group.kills_for_memory() > self._kills


def _judged(result: Result, report: dict[str, Any], limits: Limits, *, overflow: bool, killed: bool) -> Result:
    """`result` with its status: the first of these that holds."""
    end = report["end"]
    if end == "compile":
        return replace(result, status="compile_error", why=one_line(report["message"]))
    if end == "outputs":
        return replace(result, status="output_limit", why=report["message"])
    if killed:
        return replace(result, status="memory_limit", why=f"used more than {limits.memory_mib} MiB")
    if overflow:
        return replace(result, status="output_limit", why=f"wrote more than {limits.output_kib} KiB")
    if end == "cpu" or result.signal == signal.SIGXCPU:
        return replace(result, status="cpu_limit", why=f"used {limits.cpu_s:g} s of CPU time")
    if end == "wall":
        return replace(result, status="wall_limit", why=f"ran for {limits.wall_s:g} s")
    if end == "leash":
        return replace(result, status="infrastructure_error", why="the run was given up")
    if result.signal is not None:
        return replace(result, status="runtime_error", why=f"ended by {_signal_name(result.signal)}")
    if result.exit_code:
        return replace(result, status="runtime_error", why=_last_line(result) or f"exit code {result.exit_code}")
    return result


def _last_line(result: Result) -> str:
    lines = [line for line in result.stderr[-4096:].decode(errors="replace").splitlines() if line.strip()]
    return one_line(lines[-1]) if lines else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have none
        return f"signal {number}"


def drive(runs: Sequence[Run], also: dict[int, Callable[[], bool]] | None = None) -> None:
    """Carries runs to their end together. `also`: other descriptors, with what to do when they can be read; a
    callback that returns False has heard enough."""
    others = dict(also or {})
    try:
        while any(run.waiting_for for run in runs):
            owners = {descriptor: run for run in runs for descriptor in run.waiting_for}
            poll = select.poll()
            for descriptor in (*owners, *others):
                poll.register(descriptor, select.POLLIN)
            left = min((run.check_deadline() for run in runs if run.waiting_for), default=0.0)
            for descriptor, _ in poll.poll(max(0.0, left) * 1000):
                if descriptor in others:
                    if not others[descriptor]():
                        del others[descriptor]
                elif descriptor in owners[descriptor].waiting_for:
                    owners[descriptor].hear(descriptor)
    finally:
        for run in runs:
            run.finish()
