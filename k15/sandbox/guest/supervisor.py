"""Process 1 of one run: makes the run's own file system, starts the program, watches it, ends it, reports.

It runs as another user than the program (or, without root, is closed to inspection), so the program cannot
signal or read it, and with its end the kernel ends every process that the run still has. It ends the run when the
program ends, when its CPU time (of all its processes together, as the cgroup counts it) is used up, when it has slept
too long, or when the pool lets go of the leash, which a dying pool does too. Time in which a process waits for its turn
on a busy machine is no sleep.
"""

import errno
import json
import os
import resource
import signal
import socket
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from . import kernel, program
from .watch import Watch

_LARGEST_OUTPUT_BYTES = 64 << 20
_MOST_OUTPUTS = 200
_MOST_LETTERS = 8192  # of their names, which have to fit into a report


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


def supervise(box: Box, request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Runs the request and ends this process. The report is the answer to the pool."""
    try:
        report, outputs = _run(box, request, descriptors)
    except BaseException as error:
        report, outputs = {"end": "setup", "message": f"{type(error).__name__}: {error}"}, []
    with suppress(OSError):  # a pool that is gone needs no report
        message = json.dumps({**report, "number": request["number"]}).encode()
        socket.send_fds(box.control, [message], outputs)
    os._exit(0)


def _run(box: Box, request: dict[str, Any], descriptors: list[int]) -> tuple[dict[str, Any], list[int]]:
    partner = descriptors.pop() if request["partner"] else None
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
    watch = Watch(box.cpu_file, partner, request)
    end = watch.wait(pid, leash, status)
    code = _end_all(pid)
    used_s = watch.used_s()
    if end == "exited" and used_s > request["cpu_s"]:
        end = "cpu"
    report = {
        "end": end,
        "code": code if end == "exited" else None,
        "resident_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10,
        "begun": watch.begun,
        "wall_s": time.monotonic() - watch.begun,
        "cpu_s": used_s,
    }
    if failure := watch.hear_all(status):
        kind, _, message = failure.partition(":")
        return {**report, "end": kind, "message": message}, []
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


def _end_all(program_pid: int) -> int | None:
    """Ends and reaps every process of the namespace, for their CPU time to be complete; the program's exit code."""
    found = None
    while True:
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return found
        if pid == program_pid:
            found = os.waitstatus_to_exitcode(status)


def _collect(names: list[str]) -> tuple[list[int], list[str]]:
    """Descriptors of the files in /box/work that match `names` ("*.class"): plain files only, no links."""
    folder = os.open("/box/work", os.O_RDONLY | os.O_DIRECTORY)
    found: list[tuple[str, int]] = []
    total = letters = 0
    for name in sorted(os.listdir(folder)):
        if not any(name == wanted or (wanted[0] == "*" and name.endswith(wanted[1:])) for wanted in names):
            continue
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        status = os.fstat(descriptor)
        total += status.st_size
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, f"the compiler's {name} is not a plain file")
        letters += len(name)
        if total > _LARGEST_OUTPUT_BYTES or len(found) >= _MOST_OUTPUTS or letters > _MOST_LETTERS:
            raise OSError(errno.EFBIG, "the compiler's output is too large")
        found.append((name, descriptor))
    return [descriptor for _, descriptor in found], [name for name, _ in found]
