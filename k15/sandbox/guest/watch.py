"""Watches a run: how much CPU time it has used, how long it has slept, and so when it is over.

CPU time is that of all processes of the box as its cgroup counts it, less this process's own. Sleep is time in which no
process of the run runs or waits for its turn, and in which the partner of a function test does not work either, so
that waiting on a busy machine, or for an answer, is none.
"""

import os
import select
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_SHORTEST_TICK_S, _LONGEST_TICK_S = 0.02, 0.1
_WINDOW_S, _WORKING_SHARE = 0.5, 0.05
"""A partner works if it had this share of a core in the last window: less is what watching it takes, more is what it
gets of a busy machine."""


def cpu_seconds(account: int | None) -> float:
    """CPU time by an open account of a cgroup; without one, that of the children that were waited for."""
    if account is None:
        times = os.times()
        return times.children_user + times.children_system
    text = os.pread(account, 4096, 0).decode()
    if text.startswith("usage_usec"):  # cgroup v2's cpu.stat
        return int(text.split()[1]) / 1e6
    return int(text) / 1e9


@dataclass
class Watch:
    """`account`: the box's; `partner`: that of the other box of a function test."""

    account: int | None
    partner: int | None
    request: dict[str, Any]
    begun: float = 0.0
    """When the program had given everything up and its source was looked at; until then, when the run was asked for."""
    said: bytes = b""
    """What the program's process said of itself before it was the program."""

    def __post_init__(self) -> None:
        self._begin(time.monotonic())

    def _begin(self, now: float) -> None:
        self.begun = self._looked = self._window = now
        self._own = time.process_time()
        self._cpu_begun = self._cpu = cpu_seconds(self.account)
        self._partner_cpu = self._partner_seconds()
        self._partner_works = self.partner is not None
        self._slept_s, self._tick_s = 0.0, _SHORTEST_TICK_S

    def used_s(self) -> float:
        """CPU seconds of the run."""
        own = time.process_time() - self._own if self.account is not None else 0.0
        return max(0.0, cpu_seconds(self.account) - self._cpu_begun - own)

    def wait(self, pid: int, leash: int, status: int) -> str:
        """Why the run is over: "exited", "leash", "cpu" or "wall"."""
        ended = os.pidfd_open(pid)
        poll = select.poll()
        for descriptor in (ended, leash, status):
            poll.register(descriptor, select.POLLIN | select.POLLHUP)
        while True:
            happened = {descriptor for descriptor, _ in poll.poll(self._tick_s * 1000)}
            if status in happened and not self._hear(status):
                poll.unregister(status)
            if ended in happened:
                return "exited"
            if leash in happened:
                return "leash"
            if self.used_s() > self.request["cpu_s"]:
                return "cpu"
            if self._sleeps() or time.monotonic() - self.begun > self.request["longest_s"]:
                return "wall"

    def hear_all(self, status: int) -> str:
        """What went wrong before the program began, once nobody is left to say more; empty where it did begin."""
        while self._hear(status):
            pass
        return self.said.removeprefix(b"+").decode(errors="replace")

    def _hear(self, status: int) -> bool:
        heard = os.read(status, 65536)
        if heard and not self.said:
            self._begin(time.monotonic())
        self.said += heard
        return bool(heard)

    def _sleeps(self) -> bool:
        """Whether it has slept too long. While it sleeps it is looked at less often."""
        now, cpu = time.monotonic(), cpu_seconds(self.account)
        elapsed, used = now - self._looked, cpu - self._cpu
        self._looked, self._cpu = now, cpu
        if now - self._window >= _WINDOW_S:
            partner = self._partner_seconds()
            self._partner_works = partner - self._partner_cpu > _WORKING_SHARE * (now - self._window)
            self._window, self._partner_cpu = now, partner
        if used > elapsed / 2 or self._partner_works or _somebody_runs():
            self._tick_s = _SHORTEST_TICK_S
        else:
            self._slept_s += elapsed
            self._tick_s = min(2 * self._tick_s, _LONGEST_TICK_S)
        return self._slept_s > self.request["wall_s"]

    def _partner_seconds(self) -> float:
        return 0.0 if self.partner is None else cpu_seconds(self.partner)


def _somebody_runs() -> bool:
    """Whether any thread of the run, this process apart, runs or waits for its turn."""
    for pid in os.listdir("/proc"):
        if not pid.isdigit() or pid == "1":
            continue
        with suppress(OSError):  # it ends while it is looked at
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/stat", "rb") as file:
                    if file.read().rpartition(b")")[2].split()[0] == b"R":
                        return True
    return False
