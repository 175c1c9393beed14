"""The tested program's process: takes its files, gives up every privilege, and runs.

The order is what makes it safe: descriptors, files and limits first, then the user, the capabilities and the
system-call filter, and only then the first byte of the tested source is looked at. Python runs in this
interpreter, which is warm, with the face of `python main.py`; anything else is executed.
"""

import json
import os
import resource
import signal
import sys
from types import CodeType
from typing import Any, NoReturn

from . import interpreter, kernel

MODES = {"python", "execute", "candidate", "judge"}
_STACK_BYTES = 128 << 20
_OPEN_FILES = 256
_CHANNELS = 3  # first descriptor of a function test's channels


def become(
    request: dict[str, Any], descriptors: list[int], status: int, *, user: int | None, filter_file: int
) -> NoReturn:
    """`descriptors`: payload, standard input, output and error, then the channels of a function test.

    `status` hears "+" when everything is given up, and what goes wrong before the program begins ("setup:why",
    "compile:why"); its end means that the program runs.
    """
    try:
        payload, *channels = descriptors
        files, arguments = _read_payload(payload)
        bpf = os.pread(filter_file, 1 << 20, 0)
        status = _arrange(channels, status)
        _limit(request)
        _step_down(user)
        _write_files(files)
        kernel.drop_capabilities()
        kernel.install_filter(bpf)
    except BaseException as error:
        os.write(status, f"setup:{type(error).__name__}: {error}".encode())
        os._exit(1)
    os.write(status, b"+")
    if request["mode"] == "execute":
        _execute([*request["command"], *arguments], request["environment"], status)
    interpreter.run(request, files, arguments, status)


def _arrange(channels: list[int], status: int) -> int:
    """Descriptors 0, 1, 2, ... are `channels`, the next one is `status`, and there are no others."""
    os.setsid()
    count = len(channels)
    high = [os.dup2(descriptor, 100 + index) for index, descriptor in enumerate([*channels, status])]
    for index, descriptor in enumerate(high):
        os.dup2(descriptor, index, inheritable=index < count)
    kernel.close_from(count + 1)
    return count


def _limit(request: dict[str, Any]) -> None:
    kernel.set_dumpable(True)
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # where memory runs out, it is the program that goes, and it may not change that
    kernel.make_read_only("/proc")
    seconds = int(request["cpu_s"]) + 2  # the cgroup's count decides, this one is the net below it
    limits = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_FSIZE: request["disk_bytes"],
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        **{getattr(resource, name): value for name, value in request["rlimits"].items()},
    }
    for which, value in limits.items():
        resource.setrlimit(which, (value, value))
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    stack = _STACK_BYTES if most == resource.RLIM_INFINITY else min(_STACK_BYTES, most)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, stack))


def _step_down(user: int | None) -> None:
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    kernel.set_dumpable(True)  # its own /proc/self, hence /dev/stdin, is open to it
    os.umask(0o022)
    os.chdir("/box/work")


def _read_payload(descriptor: int) -> tuple[dict[str, bytes], list[str]]:
    """Files by name, and the program's arguments: a length, JSON that names them, then the contents of the files."""
    size = os.fstat(descriptor).st_size
    content = bytearray()
    while len(content) < size:
        content += os.pread(descriptor, size - len(content), len(content))
    position = 4 + int.from_bytes(content[:4], "little")
    table = json.loads(content[4:position])
    files = {}
    for name, length in table["files"]:
        files[name] = bytes(content[position : position + length])
        position += length
    return files, table["arguments"]


def _write_files(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        folder = os.path.dirname(name)
        if folder:
            os.makedirs(folder, exist_ok=True)
        with open(name, "xb") as file:
            file.write(content)
        if content[:4] == b"\x7fELF":
            os.chmod(name, 0o755)


def _execute(command: list[str], environment: dict[str, str], status: int) -> NoReturn:
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execve(command[0], command, environment)
    except (OSError, ValueError) as error:
        os.write(status, f"setup:{command[0]}: {error}".encode())
        os._exit(1)


def compile_source(source: bytes, name: str, status: int) -> CodeType:
    """The code of a Python file; one that is none ends the process with Python's own message."""
    try:
        return compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        os.write(status, f"compile:{type(error).__name__}: {error}".encode(errors="replace")[:2000])
        sys.excepthook(type(error), error.with_traceback(None), None)
        sys.stderr.flush()
        os._exit(1)
