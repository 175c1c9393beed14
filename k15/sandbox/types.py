"""What goes into a sandbox and what comes out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

from k15.errors import UserError

Status = Literal[
    "ok",
    "wrong_answer",
    "compile_error",
    "runtime_error",
    "cpu_limit",
    "wall_limit",
    "memory_limit",
    "output_limit",
    "infrastructure_error",
]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Limits:
    """What one run may use; `UserError` for a number that makes no sense. CPU time decides about slow programs and
    sleep about idle ones, so that a busy machine changes no verdict."""

    cpu_s: float = 10.0
    """Of all processes of the run together."""
    wall_s: float = 20.0
    """Of sleep: time in which none of its processes runs or waits for its turn."""
    memory_mib: int = 512
    """Of all processes together, their files in /tmp included."""
    output_kib: int = 4096
    """Of standard output and of standard error, each."""
    processes: int = 32
    """Threads count as well."""
    disk_mib: int = 64

    def __post_init__(self) -> None:
        for each in fields(self):
            value, least = getattr(self, each.name), 0 if each.name == "output_kib" else 1e-3
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or not least <= value <= 1e6:
                raise UserError(f"limit {each.name} must be a number above 0 and at most a million (got {value!r})")

    @property
    def longest_s(self) -> float:
        """Seconds after which a run, on however busy a machine, is taken for one that sleeps."""
        return self.wall_s + 100 * self.cpu_s


COMPILE_LIMITS = Limits(cpu_s=30, memory_mib=2048, processes=64, disk_mib=256)


@dataclass(frozen=True)
class Result:
    """How a run ended. `infrastructure_error`: nothing is known about the program, and its run is no verdict."""

    status: Status
    exit_code: int | None = None
    """None where the program did not exit by itself."""
    signal: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    """Since the program's source was first looked at."""
    memory_bytes: int = 0
    """Peak of all processes together; with cgroup v2, of the largest one."""
    why: str = ""
    began: float = 0.0
    """When the program began, on the monotonic clock of its machine."""


@dataclass(frozen=True)
class Program:
    """A program that is ready to run: compiled, where its language is."""

    language: str
    files: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True)
class Part:
    """One assertion of a function test."""

    passed: bool
    why: str


@dataclass(frozen=True)
class FunctionResult:
    """`status` is ok where every part passed, wrong_answer where one failed, otherwise what ended the program, or the
    tests with what the program gave them; tests that cannot be read are an infrastructure_error."""

    status: Status
    parts: tuple[Part, ...]
    program: Result
    why: str


def one_line(text: str) -> str:
    """A program's own words as one line that is safe to print: no control characters, no change of direction."""
    line = " ".join(text.split())[:300]
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
