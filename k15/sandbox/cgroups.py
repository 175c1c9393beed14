"""Cgroups of a pool: memory, processes and CPU time of each box, under cgroup v1, v2, or both (hybrid).

A pool's groups lie below the cgroup of its process, named by its process id and start time. What a killed pool
left is removed by the next one, together with whatever still runs in it.
"""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from k15.errors import UserError

PREFIX = "k15-sandbox-"
_CONTROLLERS = ("memory", "pids", "cpuacct")
_UNLIMITED = 1 << 60
_LEAF = "k15-main"


@dataclass(frozen=True)
class Layout:
    version: Literal[1, 2]
    parents: dict[str, Path]
    """The cgroup of this process, by controller; in version 2 all are the same directory."""

    @property
    def folders(self) -> list[Path]:
        return sorted(set(self.parents.values()))


def find_layout() -> Layout:
    """Where this process may make cgroups; `UserError` with the cure where it may not."""
    own = _own_folders()
    if all(name in own for name in _CONTROLLERS):
        layout = Layout(1, {name: own[name] for name in _CONTROLLERS})
    elif "" in own:
        # An earlier pool of this process may have moved it into a leaf.
        parent = own[""].parent if own[""].name == _LEAF else own[""]
        _delegate(parent)
        layout = Layout(2, dict.fromkeys(_CONTROLLERS, parent))
    else:
        raise UserError("no cgroup file system with memory and pids is mounted; mount cgroup2 on /sys/fs/cgroup")
    for folder in layout.folders:
        if not os.access(folder, os.W_OK):
            raise UserError(
                f"{folder} cannot be written; run as root, or under `systemd-run --user --scope -p Delegate=yes`"
            )
    return layout


def _own_folders() -> dict[str, Path]:
    """Where the cgroups of this process are mounted, by version-1 controller; version 2's is named ""."""
    groups: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        groups.update(dict.fromkeys(names.split(","), path))
    found: dict[str, Path] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        _, _, _, root, point, *_ = before.split()
        for name in [""] if kind == "cgroup2" else options.split(",") if kind == "cgroup" else []:
            if name in groups:
                # A container may see its own group as the root of the mount, though it is named from the machine's.
                inside = groups[name].removeprefix(root if root != "/" else "").lstrip("/")
                found.setdefault(name, Path(point) / inside)
    return found


def _delegate(parent: Path) -> None:
    """Lets groups below `parent` control memory and pids: version 2 wants no process in a group that has such."""
    wanted = {"memory", "pids"}
    try:
        if wanted <= set((parent / "cgroup.subtree_control").read_text().split()):
            return
        if (parent / "cgroup.type").exists():  # not the root
            if _processes(parent) != [os.getpid()]:
                raise UserError(
                    f"cgroup {parent} holds other processes; start under `systemd-run --user --scope -p Delegate=yes`"
                )
            leaf = parent / _LEAF
            leaf.mkdir(exist_ok=True)
            (leaf / "cgroup.procs").write_text(str(os.getpid()))
        (parent / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in sorted(wanted)))
    except OSError as error:
        raise UserError(f"cgroup {parent}: {error.strerror}; run as root, or with a delegated cgroup") from None


def _processes(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "cgroup.procs").read_text().split()]


def owner_name(pid: int) -> str:
    """Unique over time: a process id and when that process began."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return f"{PREFIX}{pid}-{fields[19]}"


def sweep(layout: Layout) -> int:
    """Removes the groups of pools that are no more; how many directories went."""
    removed = 0
    for folder in layout.folders:
        for group in sorted(folder.glob(f"{PREFIX}*")):
            pid = group.name.removeprefix(PREFIX).partition("-")[0]
            with suppress(OSError):
                if owner_name(int(pid)) == group.name:
                    continue
            with suppress(OSError):  # another pool, started at the same moment, may be removing it, too
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


@dataclass
class BoxGroup:
    """The cgroup of one box: its waiting process, and whatever runs there."""

    layout: Layout
    folders: dict[str, Path]
    _limits: dict[Path, int] = field(default_factory=dict)

    @classmethod
    def create(cls, layout: Layout, name: str) -> "BoxGroup":
        folders = {}
        for controller, parent in layout.parents.items():
            pool = parent / owner_name(os.getpid())
            pool.mkdir(exist_ok=True)
            if layout.version == 2:
                (pool / "cgroup.subtree_control").write_text("+memory +pids")
            folders[controller] = pool / name
            folders[controller].mkdir(exist_ok=True)
        return cls(layout, folders)

    @property
    def doors(self) -> list[str]:
        """Files into which a process writes 0 to join."""
        return [str(folder / "cgroup.procs") for folder in sorted(set(self.folders.values()))]

    def open_cpu(self) -> int:
        """A descriptor of the account of CPU time."""
        name = "cpu.stat" if self.layout.version == 2 else "cpuacct.usage"
        return os.open(self.folders["cpuacct"] / name, os.O_RDONLY | os.O_CLOEXEC)

    def limit(self, memory_bytes: int, processes: int) -> None:
        """`memory_bytes` on top of what the waiting process holds already."""
        self._write(self.folders["pids"] / "pids.max", processes)
        total = self.memory_used() - self._file_cache() + memory_bytes
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
        for folder in sorted(set(self.folders.values())):
            _remove(folder)
            with suppress(OSError):
                folder.parent.rmdir()  # the pool's, with its last box
