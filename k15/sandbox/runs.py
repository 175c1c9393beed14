"""Runs in flight, and the verdicts about them.

`drive` carries one run to its end, or the two of a function test together. A box whose run did not come to a clean end
is closed: what it still says belongs to nobody. Every message carries the number of its run.
"""

import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from k15.sandbox.box import Box
from k15.sandbox.cgroups import BoxGroup
from k15.sandbox.types import Limits, Result, one_line

_GRACE_S = 30.0
_LONGEST_POLL_S = 3600.0
_OVERHEAD_PROCESSES = 3  # bubblewrap, the waiting process, the supervisor
_CHUNK = 1 << 16
_MOST_DESCRIPTORS = 253


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


class Run:
    """Call `start`, give it to `drive`, then ask for `result()` and `outputs`."""

    def __init__(self, box: Box, order: Order) -> None:
        self.box = box
        self.order = order
        self.outputs: dict[str, bytes] = {}
        self.report: dict[str, Any] | None = None
        self.failure: str | None = None
        self.overflow = False
        self.streams: dict[int, bytearray] = {}
        self.waiting_for: set[int] = set()
        """Descriptors that have something to say; empty when the run is over."""
        self.number = box.runs = box.runs + 1
        self._leash = -1
        self._kills = self._base = 0
        self._peak_known = False
        self._deadline = time.monotonic() + order.limits.longest_s + _GRACE_S

    def start(self, payload: int, stdin: int, channels: Sequence[int] = (), partner: BoxGroup | None = None) -> None:
        """`partner`: the cgroup of the other box of a function test: while that one works, this run does not sleep."""
        group, limits = self.box.group, self.order.limits
        if group is not None:
            group.limit(limits.memory_mib << 20, limits.processes + _OVERHEAD_PROCESSES)
            self._peak_known = group.reset_peak()
            self._kills, self._base = group.kills_for_memory(), group.memory_used()
        with ExitStack() as given:
            leash, self._leash = _pipe(given, 0)
            self._out, out = _pipe(given, 1)
            self.streams[self._out] = bytearray()
            self._err, err = _pipe(given, 1)
            self.streams[self._err] = bytearray()
            descriptors = [leash, payload, stdin, out, err, *channels]
            if partner:
                descriptors.append(partner.open_cpu())
                given.callback(os.close, descriptors[-1])
            self.waiting_for = {self._out, self._err, self.box.control.fileno()}
            request = json.dumps({**self._request(), "partner": partner is not None}).encode()
            try:
                socket.send_fds(self.box.control, [request], descriptors)
            except OSError as error:
                self._fail(f"a box is gone ({error.strerror}): {self.box.last_words}")

    def _request(self) -> dict[str, Any]:
        order, limits = self.order, self.order.limits
        rlimits = {}
        if self.box.group is None:
            rlimits = {"RLIMIT_AS": limits.memory_mib << 20, "RLIMIT_NPROC": limits.processes + _OVERHEAD_PROCESSES}
        return {
            "number": self.number,
            "mode": order.mode,
            "command": order.command,
            "environment": order.environment,
            "outputs": order.outputs,
            "cpu_s": limits.cpu_s,
            "wall_s": limits.wall_s,
            "longest_s": limits.longest_s,
            "disk_bytes": limits.disk_mib << 20,
            "rlimits": rlimits,
        }

    def hear(self, descriptor: int) -> None:
        if descriptor in self.streams:
            self._read_stream(descriptor)
        else:
            self._read_control()

    def _read_stream(self, descriptor: int) -> None:
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            self.waiting_for.discard(descriptor)
            return
        kept = self.streams[descriptor]
        room = (self.order.limits.output_kib << 10) - len(kept)
        kept += chunk[:room]
        if len(chunk) > room and not self.overflow:
            self.overflow = True
            self.let_go()

    def _read_control(self) -> None:
        try:
            text, descriptors, flags, _ = socket.recv_fds(self.box.control, _CHUNK, _MOST_DESCRIPTORS)
        except OSError:
            text, descriptors, flags = b"", [], 0
        with ExitStack() as received:
            files = [received.enter_context(open(descriptor, "rb")) for descriptor in descriptors]
            if not text:
                self._fail(f"a box ended during a run: {self.box.last_words}")
            elif flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
                self._fail("a box said more than can be heard")
            else:
                self._take(json.loads(text), files)

    def _take(self, message: dict[str, Any], files: list[Any]) -> None:
        if message["number"] != self.number:
            self._fail("a box speaks of another run")
        elif message.get("done"):
            self.waiting_for.discard(self.box.control.fileno())
        else:
            self.report = message
            names = message.get("outputs", ())
            self.outputs = {name: file.read() for name, file in zip(names, files, strict=True)}

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
        self.failure = self.failure or why
        self.waiting_for = set()
        self.box.close()

    def finish(self) -> None:
        """Gives everything back; a run that is not over takes its box with it."""
        self.let_go()
        if self.waiting_for:
            self._fail("the run was left")
        for descriptor in self.streams:
            os.close(descriptor)

    def result(self) -> Result:
        """The verdict about a run that is over."""
        report = self.report or {}
        if self.failure or not report or report["end"] == "setup":
            why = self.failure or report.get("message") or "a run ended without a report"
            return Result("infrastructure_error", why=one_line(why))
        code = report["code"]
        result = Result(
            "ok",
            exit_code=code if code is not None and code >= 0 else None,
            signal=-code if code is not None and code < 0 else None,
            stdout=bytes(self.streams[self._out]),
            stderr=bytes(self.streams[self._err]),
            cpu_s=report["cpu_s"],
            wall_s=report["wall_s"],
            memory_bytes=self._memory(report),
            began=report["begun"],
        )
        killed = self.box.group is not None and self.box.group.kills_for_memory() > self._kills
        return _judged(result, report, self.order.limits, overflow=self.overflow, killed=killed)

    def _memory(self, report: dict[str, Any]) -> int:
        if self._peak_known and self.box.group is not None:
            return max(0, self.box.group.peak() - self._base)
        return int(report["resident_bytes"])


def _pipe(given: ExitStack, end: int) -> tuple[int, int]:
    """A pipe, of which the box gets one end: that one closes here with `given`."""
    ends = os.pipe2(os.O_CLOEXEC)
    given.callback(os.close, ends[end])
    return ends


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
        return replace(result, status="wall_limit", why=f"slept for {limits.wall_s:g} s")
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
            for descriptor, _ in poll.poll(max(0.0, min(left, _LONGEST_POLL_S)) * 1000):
                if descriptor in others:
                    if not others[descriptor]():
                        del others[descriptor]
                elif descriptor in owners[descriptor].waiting_for:
                    owners[descriptor].hear(descriptor)
    finally:
        for run in runs:
            run.finish()
