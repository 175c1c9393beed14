"""The walls of a box: what bubblewrap is told to build.

New namespaces of every kind; a root of its own that shows the toolchains read-only and nothing else of the
machine; six harmless devices; an environment of seven variables. /box is where a run works: `guest.supervisor` puts
a new file system there for each.
"""

import importlib.metadata
import os
import re
import shutil
import sys
from functools import cache
from pathlib import Path

from k15.errors import UserError
from k15.sandbox.languages import ENVIRONMENT, Binds, installed

GUEST = Path(__file__).parent / "guest"
_EMPTY = Path(__file__).parent / "empty"
PACKAGES = ("cyaron", "matplotlib", "numpy", "resvg-py")
"""Python packages that programs may import, where they are installed here."""

_USR = ("bin", "lib", "lib32", "lib64", "libexec", "include")
_SHARE = ("nodejs", "node_modules", "php", "zoneinfo", "python3")
_DEVICES = ("null", "zero", "full", "random", "urandom")
# Of the waiting process and the supervisor, by their numbers in the kernel; programs have none. SYS_PTRACE lets the
# supervisor see the program's state in /proc.
_PRIVILEGES = {
    "CHOWN": 0,
    "KILL": 5,
    "SETGID": 6,
    "SETUID": 7,
    "SETPCAP": 8,
    "SYS_PTRACE": 19,
    "SYS_ADMIN": 21,
    "SYS_RESOURCE": 24,
}
_PASSWD = "root:x:0:0::/:/bin/false\nbox:x:{user}:{user}::/box/work:/bin/sh\n"


def command(user: int | None, control: int, passwd: int) -> list[str]:
    """The command line of a box. `control` and `passwd` are descriptors that it inherits."""
    tool = shutil.which("bwrap")
    if tool is None:
        raise UserError("bwrap was not found; install bubblewrap (Debian: apt install bubblewrap)")
    python, binds = _python()
    line = [tool, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if user is None:
        line += ["--unshare-user", "--uid", "1000", "--gid", "1000"]
    line += ["--as-pid-1", "--new-session", "--clearenv", "--hostname", "box"]
    for privilege, number in _PRIVILEGES.items():
        if user is None or _own_privileges() >> number & 1:
            line += ["--cap-add", f"CAP_{privilege}"]
    for name, value in {**ENVIRONMENT, "PYTHONPATH": "/opt/k15:/opt/packages"}.items():
        line += ["--setenv", name, value]
    line += _root((*binds, *_packages(), *(bind for some in installed().values() for bind in some)))
    line += ["--perms", "0444", "--ro-bind-data", str(passwd), "/etc/passwd", "--remount-ro", "/", "--chdir", "/"]
    return [*line, python, "-S", "-P", "-B", "-m", "guest.zygote", str(control)]


def _own_privileges() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:"))


def passwd(user: int | None) -> bytes:
    return _PASSWD.format(user=user or 1000).encode()


def _root(binds: Binds) -> list[str]:
    line = []
    for folder in ("/usr", "/usr/share", "/etc", "/dev", "/opt", "/opt/k15", "/opt/packages", "/var", "/box"):
        line += ["--dir", folder]  # those that bubblewrap makes by itself are closed to others
    for name in _USR:
        if os.path.isdir(f"/usr/{name}"):
            line += ["--ro-bind", f"/usr/{name}", f"/usr/{name}"]
    for name in _SHARE:
        line += ["--ro-bind-try", f"/usr/share/{name}", f"/usr/share/{name}"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        if os.path.islink(f"/{name}"):
            line += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
        elif os.path.isdir(f"/{name}"):
            line += ["--ro-bind", f"/{name}", f"/{name}"]
    for path in ("/etc/ld.so.cache", "/etc/alternatives"):
        line += ["--ro-bind-try", path, path]
    if os.path.isdir("/usr/lib/python3/dist-packages"):
        line += ["--ro-bind", str(_EMPTY), "/usr/lib/python3/dist-packages"]
    for outside, inside in binds:
        line += ["--ro-bind", outside, inside]
    for name in _DEVICES:
        line += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    line += ["--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/box/shm", "/dev/shm"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        line += ["--symlink", f"/proc/self/fd/{number}", f"/dev/{name}"]
    line += ["--ro-bind", str(GUEST), "/opt/k15/guest", "--proc", "/proc"]
    return [*line, "--symlink", "/box/tmp", "/tmp", "--symlink", "/box/tmp", "/var/tmp"]


def _python() -> tuple[str, Binds]:
    """This interpreter, without the packages beside it, as the box sees it."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if sys.base_prefix == "/usr":
        return f"/usr/bin/{version}", ()
    packages = f"lib/{version}/site-packages"
    hidden = ((str(_EMPTY), f"/opt/python/{packages}"),) if os.path.isdir(f"{sys.base_prefix}/{packages}") else ()
    return f"/opt/python/bin/{version}", ((sys.base_prefix, "/opt/python"), *hidden)


@cache
def _packages() -> Binds:
    """The files of `PACKAGES` and of what they need, each top level as one."""
    found: dict[str, str] = {}
    waiting, seen = list(PACKAGES), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in package.files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not top.endswith(".pth"):
                found[top] = str(package.locate_file(top))
        for requirement in package.requires or ():
            if "extra ==" not in requirement:
                waiting.append(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])
    return tuple((path, f"/opt/packages/{top}") for top, path in sorted(found.items()) if os.path.exists(path))
