"""What this machine offers for isolation. A missing layer is a refusal, unless its user allows to go without."""

import os
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from k15.errors import UserError
from k15.sandbox import cgroups, seccomp, walls

OPTIONAL = ("cgroups",)
"""Without cgroups memory and processes are limited for each process only, and CPU time is counted by process."""


@dataclass(frozen=True)
class Layer:
    name: str
    available: bool
    detail: str
    """What there is, or why not and what to do."""


def probe() -> list[Layer]:
    """The layers, in the order from the outside inwards."""
    return [_namespaces(), _users(), _cgroups(), _filter()]


def require(allow_missing: Sequence[str] = ()) -> cgroups.Layout | None:
    """The cgroup layout, None where cgroups are missing and allowed to be. `UserError` for any other missing layer."""
    for name in allow_missing:
        if name not in OPTIONAL:
            raise UserError(f"layer {name!r} cannot be done without; only {', '.join(OPTIONAL)}")
    missing = [layer for layer in probe() if not layer.available and layer.name not in allow_missing]
    if missing:
        raise UserError("; ".join(f"the sandbox lacks {layer.name}: {layer.detail}" for layer in missing))
    try:
        return cgroups.find_layout()
    except UserError:
        return None


def _namespaces() -> Layer:
    try:
        with ExitStack() as opened:
            control, text = os.memfd_create("none"), os.memfd_create("passwd")
            opened.callback(os.close, control)
            opened.callback(os.close, text)
            line = walls.command(0 if os.geteuid() == 0 else None, control, text)
            line = [*line[: line.index("-S")], "-S", "-c", ""]
            answer = subprocess.run(
                line, capture_output=True, text=True, pass_fds=(control, text), timeout=60, check=False
            )
    except UserError as error:
        return Layer("namespaces", False, str(error))
    except (OSError, subprocess.TimeoutExpired) as error:
        return Layer("namespaces", False, f"bubblewrap fails ({error})")
    if answer.returncode != 0:
        said = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
        return Layer(
            "namespaces", False, f"bubblewrap cannot make them ({said}); allow user namespaces, or run as root"
        )
    return Layer(
        "namespaces", True, "mount, pid, net, ipc, uts, cgroup by bubblewrap; pid and mount again for each run"
    )


def _users() -> Layer:
    if os.geteuid() == 0:
        return Layer("users", True, "each box runs programs as a user id of its own")
    return Layer("users", True, "a user namespace; programs have no capability in it")


def _cgroups() -> Layer:
    try:
        layout = cgroups.find_layout()
    except UserError as error:
        return Layer("cgroups", False, str(error))
    return Layer("cgroups", True, f"version {layout.version} in {', '.join(map(str, layout.folders))}")


def _filter() -> Layer:
    try:
        size = len(seccomp.filter_program()) // 8
    except UserError as error:
        return Layer("seccomp", False, str(error))
    return Layer("seccomp", True, f"an allow-list of system calls, {size} instructions")
