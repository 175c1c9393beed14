"""Cgroups of a pool: memory, processes and CPU time of each box, under cgroup v1, v2, or both (hybrid).

A pool's groups are named by the process that has it (`owner_name`). Under version 1 they lie below its own
cgroup; under version 2, where a group that holds processes cannot have such below it, below the nearest group upwards
that hands memory and pids on, hence outside of limits that only the own group has. What a killed pool left is removed
by the next one there, together with whatever still runs in it.
"""

import atexit
import errno
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from k15.errors import UserError

PREFIX = "k15-pool-"
_CONTROLLERS = ("memory", "pids", "cpuacct")
_UNLIMITED = 1 << 60
_SUSPICIOUS = 16 << 20
"""More memory than a waiting box comes to hold by itself."""
_LEAF = "k15-main"


@dataclass(frozen=True)
class Layout:
    version: Literal[1, 2]
    parents: dict[str, Path]
    """The cgroup that pools' groups are made in, by controller; in version 2 all are the same directory."""

    @property
    def folders(self) -> list[Path]:
        return sorted(set(self.parents.values()))


def find_layout() -> Layout:
    """Where this process may make cgroups; `UserError` with the cure where it may not."""
    own = own_folders(Path("/proc/self/cgroup").read_text(), Path("/proc/self/mountinfo").read_text())
    if all(name in own for name in _CONTROLLERS):
        layout = Layout(1, {name: own[name] for name in _CONTROLLERS})
    elif "" in own:
        layout = Layout(2, dict.fromkeys(_CONTROLLERS, find_parent(own[""])))
    else:
        raise UserError("no cgroup file system with memory and pids is mounted; mount cgroup2 on /sys/fs/cgroup")
    for folder in layout.folders:
        if not os.access(folder, os.W_OK):
            raise _not_ours(folder)
    return layout


def own_folders(cgroup: str, mountinfo: str) -> dict[str, Path]:
    """Where the cgroups of a process are mounted, by version-1 controller; version 2's is named "". Both texts are
    those of the process's files of that name below /proc."""
    groups: dict[str, PurePosixPath] = {}
    for line in cgroup.splitlines():
        _, names, path = line.split(":", 2)
        groups.update(dict.fromkeys(names.split(","), PurePosixPath(path)))
    found: dict[str, Path] = {}
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        _, _, _, root, point, *_ = before.split()
        for name in [""] if kind == "cgroup2" else options.split(",") if kind == "cgroup" else []:
            # A container may see its own group as the root of the mount, though it is named from the machine's.
            if name in groups and groups[name].is_relative_to(root):
                found.setdefault(name, Path(point) / groups[name].relative_to(root))
    return found


def find_parent(own: Path) -> Path:
    """The version-2 group, from a process's own upwards, that its pool can be made in."""
    ours = [group for group in (own, *own.parents) if _may_hand_on(group)]
    for group in ours:
        if _names_both(group / "cgroup.subtree_control"):
            return group
    for group in ours:
        # Refused where a group holds processes, unless it is the root of all.
        with suppress(OSError):
            _hand_on(group)
            return group
    if own not in ours:
        raise _not_ours(own)
    _move_into_leaf(own)
    return own


def _may_hand_on(group: Path) -> bool:
    # Moving a process takes the right to write to cgroup.procs of a group above both ends.
    files = (group, group / "cgroup.procs", group / "cgroup.subtree_control")
    return all(os.access(file, os.W_OK) for file in files) and _names_both(group / "cgroup.controllers")


def _names_both(controllers: Path) -> bool:
    return {"memory", "pids"} <= set(controllers.read_text().split())


def _hand_on(group: Path, sign: str = "+") -> None:
    (group / "cgroup.subtree_control").write_text(f"{sign}memory {sign}pids")


def _move_into_leaf(group: Path) -> None:
    """Empties a group that holds nothing but this process, until its end."""
    if _processes(group) != [os.getpid()]:
        raise UserError(
            f"cgroup {group} holds other processes, and none above it can be written; run as root, or under "
            "`systemd-run --user --scope -p Delegate=yes`"
        )
    leaf = group / _LEAF
    try:
        leaf.mkdir(exist_ok=True)
        _move(leaf)
        atexit.register(_leave_leaf, leaf)
        _hand_on(group)
    except OSError as error:
        _leave_leaf(leaf)
        raise UserError(f"cgroup {group}: {error.strerror}; run as root, or with memory and pids delegated") from None


def _leave_leaf(leaf: Path) -> None:
    """As it was before; nothing where another process or pool needs the leaf."""
    with suppress(OSError):
        if _processes(leaf) == [os.getpid()]:
            _hand_on(leaf.parent, "-")
            _move(leaf.parent)
        leaf.rmdir()


def _move(group: Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))


def _not_ours(group: Path) -> UserError:
    return UserError(
        f"cgroup {group} cannot be written, or is without memory and pids; run as root (in a container: a privileged "
        "one), or under `systemd-run --user --scope -p Delegate=yes`"
    )


def _processes(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "cgroup.procs").read_text().split()]


def owner_name(pid: int) -> str:
    """Unique over time: a process id, when that process began, and the namespace in which the id means it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return f"{_prefix()}{pid}-{fields[19]}"


def _prefix() -> str:
    return f"{PREFIX}{os.stat('/proc/self/ns/pid').st_ino}-"


def sweep(layout: Layout) -> int:
    """Removes the groups of pools that are no more; how many directories went. Those of other process namespaces
    stay: of a container's pool, or of the machine's in a container, nobody here can say whether it lives."""
    removed = 0
    for folder in layout.folders:
        for group in sorted(folder.glob(f"{_prefix()}*")):
            pid = group.name.removeprefix(_prefix()).partition("-")[0]
            with suppress(OSError):
                if owner_name(int(pid)) == group.name:
                    continue
            # Another pool, started at the same moment, may be removing it, too; one that cannot be ended stays.
            with suppress(OSError, UserError):
                for box in [*sorted(item for item in group.iterdir() if item.is_dir()), group]:
                    removed += _remove(box)
    return removed


def _remove(folder: Path) -> int:
    """Ends what runs in the group and removes it; 1 where there was one."""
    for _ in range(1000):
        try:
            for pid in _processes(folder):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            folder.rmdir()
            return 1
        except FileNotFoundError:
            return 0
        except OSError:  # its processes are still on their way out
            time.sleep(0.01)
    raise UserError(f"{folder} does not empty; something in it cannot be ended")


def _make(folder: Path, version: int) -> None:
    """The group of a box, with its pool's. That may go at any moment, when another thread removes its last box."""
    for attempt in range(100):
        try:
            for place in (folder.parent, folder):
                with suppress(FileExistsError):
                    place.mkdir()
                if version == 2 and place != folder:
                    _hand_on(place)
            return
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENODEV) or not folder.parents[1].exists() or attempt == 99:
                raise


@dataclass
class BoxGroup:
    """The cgroup of one box: its waiting process, and whatever runs there."""

    layout: Layout
    folders: dict[str, Path]
    _limits: dict[Path, int] = field(default_factory=dict)
    _idle: int | None = None

    @classmethod
    def create(cls, layout: Layout, name: str) -> "BoxGroup":
        pool = owner_name(os.getpid())
        group = cls(layout, {controller: parent / pool / name for controller, parent in layout.parents.items()})
        try:
            for folder in group._places:
                _make(folder, layout.version)
        except BaseException:
            group.remove()
            raise
        return group

    @property
    def _places(self) -> list[Path]:
        return sorted(set(self.folders.values()))

    @property
    def doors(self) -> list[str]:
        """Files into which a process writes 0 to join."""
        return [str(folder / "cgroup.procs") for folder in self._places]

    def open_cpu(self) -> int:
        """A descriptor of the account of CPU time."""
        name = "cpu.stat" if self.layout.version == 2 else "cpuacct.usage"
        return os.open(self.folders["cpuacct"] / name, os.O_RDONLY | os.O_CLOEXEC)

    def limit(self, memory_bytes: int, processes: int) -> None:
        """`memory_bytes` on top of what the waiting process holds already."""
        self._write(self.folders["pids"] / "pids.max", processes)
        total = self._held() + memory_bytes
        total -= total % (1 << 20)  # the same number in most runs, hence no write
        memory = self.folders["memory"]
        if self.layout.version == 2:
            self._write(memory / "memory.swap.max", 0)
            self._write(memory / "memory.max", total)
            return
        swap = memory / "memory.memsw.limit_in_bytes"
        names = [memory / "memory.limit_in_bytes", *([swap] if swap.exists() else [])]
        raised = total > self._limits.get(names[0], _UNLIMITED)
        for name in reversed(names) if raised else names:  # the first must never exceed the second
            self._write(name, total)

    def _held(self) -> int:
        """Memory in use that does not go when it is needed. The kernel counts file cache with a delay: where much more
        is held than at first, the cache is dropped instead of counted."""
        held = self.memory_used() - self._file_cache()
        if self._idle is None:
            self._idle = held
        if held > self._idle + _SUSPICIOUS:
            name = "memory.reclaim" if self.layout.version == 2 else "memory.force_empty"
            with suppress(OSError):  # what cannot be had is an error, and so is an old kernel without the file
                (self.folders["memory"] / name).write_text(str(held))
            held = self.memory_used()
        return held

    def _write(self, file: Path, value: int) -> None:
        if self._limits.get(file) != value:
            file.write_text(str(value))
            self._limits[file] = value

    def memory_used(self) -> int:
        return self._read("memory.current" if self.layout.version == 2 else "memory.usage_in_bytes")

    def _file_cache(self) -> int:
        """What of the memory in use goes when it is needed: without this, a run that reads files would leave room
        to those after it."""
        kinds = "" if self.layout.version == 2 else "total_"
        names = (f"{kinds}inactive_file ", f"{kinds}active_file ")
        lines = (self.folders["memory"] / "memory.stat").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(names))

    def reset_peak(self) -> bool:
        """Whether this kernel can; version 2's `memory.peak` is reset per descriptor and since Linux 6.12 only."""
        if self.layout.version == 2:
            return False
        (self.folders["memory"] / "memory.max_usage_in_bytes").write_text("0")
        return True

    def peak(self) -> int:
        return self._read("memory.max_usage_in_bytes")

    def kills_for_memory(self) -> int:
        """How often the kernel ended a process of this group because memory ran out."""
        name = "memory.events" if self.layout.version == 2 else "memory.oom_control"
        lines = (self.folders["memory"] / name).read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)

    def _read(self, name: str) -> int:
        return int((self.folders["memory"] / name).read_text())

    def remove(self) -> None:
        for folder in self._places:
            _remove(folder)
            with suppress(OSError):
                folder.parent.rmdir()  # the pool's, with its last box
