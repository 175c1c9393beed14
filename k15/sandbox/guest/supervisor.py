"""Process 1 of one run: makes the run's own file system, starts the program, watches it, ends it, reports.

It runs as another user than the program (or, without root, is closed to inspection), so the program cannot
signal or read it, and with its end the kernel ends every process that the run still has. It ends the run when the
program ends, when its CPU time (of all its processes together, as the cgroup counts it) or wall time is used up, or
when the pool lets go of the leash, which a dying pool does too.
"""

import errno
import json
import os
import resource
import select
import signal
import socket
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from . import kernel, program

_TICK_S = 0.02
_LARGEST_OUTPUT_BYTES = 64 << 20
_MOST_OUTPUTS = 200


@dataclass(frozen=True)
class Box:
    """What all runs of a box share."""

    user: int | None
    """The user id of the programs; None where the box has only one."""
    control: socket.socket
    filter_file: int
    """The seccomp filter, as BPF."""
    cpu_file: int | None = None
    """The cgroup's account of CPU time; None without cgroups."""

    def cpu_s(self) -> float:
        """CPU seconds of all processes of the box so far."""
        if self.cpu_file is None:
            times = os.times()
            return times.children_user + times.children_system
        text = os.pread(self.cpu_file, 4096, 0).decode()
        if text.startswith("usage_usec"):  # cgroup v2's cpu.stat
            return int(text.split()[1]) / 1e6
        return int(text) / 1e9


def supervise(box: Box, request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Runs the request and ends this process. The report is the answer to the pool."""
    try:
        report, outputs = _run(box, request, descriptors)
    except BaseException as error:
        report, outputs = {"end": "setup", "message": f"{type(error).__name__}: {error}"}, []
    with suppress(OSError):  # a pool that is gone needs no report
        socket.send_fds(box.control, [json.dumps(report).encode()], outputs)
    os._exit(0)


def _run(box: Box, request: dict[str, Any], descriptors: list[int]) -> tuple[dict[str, Any], list[int]]:
    leash, *of_program = descriptors
    _own_file_systems(request["disk_bytes"])
    status, status_of_child = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(status)
        os.close(leash)
        try:
            program.become(request, of_program, status_of_child, user=box.user, filter_file=box.filter_file)
        finally:
            os._exit(1)  # never on into what belongs to the supervisor
    for descriptor in (*of_program, status_of_child):
        os.close(descriptor)
    failure = _read_all(status)
    begun, cpu_begun = time.monotonic(), box.cpu_s()
    end, code = _watch(box, pid, leash, request, cpu_begun)
    report = {
        "end": end,
        "resident_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10,
        "code": code,
        "begun": begun,
        "wall_s": time.monotonic() - begun,
        "cpu_s": max(0.0, box.cpu_s() - cpu_begun),
    }
    if failure:
        kind, _, message = failure.decode(errors="replace").partition(":")
        report.update(end=kind, message=message)
    if code != 0 or end != "exited":
        return report, []
    try:
        outputs, names = _collect(request["outputs"])
    except OSError as error:
        return {**report, "end": "outputs", "message": str(error.strerror)}, []
    return {**report, "outputs": names}, outputs


def _own_file_systems(disk_bytes: int) -> None:
    """A new /box, the only place that can be written (/tmp and /dev/shm lead there), and a /proc of this namespace."""
    kernel.unshare(kernel.CLONE_NEWNS)
    guarded = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("tmpfs", "/box", guarded, f"size={disk_bytes},nr_inodes=16384,mode=0755")
    for name in ("work", "tmp", "shm"):
        os.mkdir(f"/box/{name}")
        os.chmod(f"/box/{name}", 0o1777)
    kernel.mount("proc", "/proc", guarded | kernel.MS_NOEXEC, "hidepid=invisible,subset=pid")


def _watch(box: Box, pid: int, leash: int, request: dict[str, Any], cpu_begun: float) -> tuple[str, int | None]:
    """Why the run ended and the program's exit code (negative: a signal; None: it was ended)."""
    deadline = time.monotonic() + request["wall_s"]
    ended = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(leash, select.POLLIN | select.POLLHUP)
    end = ""
    while not end:
        left = deadline - time.monotonic()
        happened = {descriptor for descriptor, _ in poll.poll(max(0.0, min(left, _TICK_S)) * 1000)}
        if ended in happened:
            end = "exited"
        elif leash in happened:
            end = "leash"
        elif box.cpu_s() - cpu_begun > request["cpu_s"]:
            end = "cpu"
        elif left <= 0:
            end = "wall"
    status = _end_all(pid)
    if end == "exited" and box.cpu_s() - cpu_begun > request["cpu_s"]:
        end = "cpu"
    code = os.waitstatus_to_exitcode(status) if status is not None else None
    return end, code if end == "exited" else None


def _end_all(program_pid: int) -> int | None:
    """Ends and reaps every process of the namespace, for their CPU time to be complete; the program's wait status."""
    found = None
    while True:
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return found
        if pid == program_pid:
            found = status


def _collect(names: list[str]) -> tuple[list[int], list[str]]:
    """Descriptors of the files in /box/work that match `names` ("*.class"): plain files only, no links."""
    folder = os.open("/box/work", os.O_RDONLY | os.O_DIRECTORY)
    found: list[tuple[str, int]] = []
    total = 0
    for name in sorted(os.listdir(folder)):
        if not any(name == wanted or (wanted[0] == "*" and name.endswith(wanted[1:])) for wanted in names):
            continue
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        status = os.fstat(descriptor)
        total += status.st_size
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, f"the compiler's {name} is not a plain file")
        if total > _LARGEST_OUTPUT_BYTES or len(found) >= _MOST_OUTPUTS:
            raise OSError(errno.EFBIG, "the compiler's output is too large")
        found.append((name, descriptor))
    return [descriptor for _, descriptor in found], [name for name, _ in found]


def _read_all(descriptor: int) -> bytes:
    content = b""
    while chunk := os.read(descriptor, 65536):
        content += chunk
    os.close(descriptor)
    return content
