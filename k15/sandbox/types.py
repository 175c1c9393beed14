"""What goes into a sandbox and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

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
    """What one run may use. CPU time decides about slow programs, so that a busy machine changes no verdict; the wall
    limit is for programs that sleep, and far away."""

    cpu_s: float = 10.0
    """Of all processes of the run together."""
    wall_s: float = 60.0
    memory_mib: int = 512
    """Of all processes together, their files in /tmp included."""
    output_kib: int = 4096
    """Of standard output and of standard error, each."""
    processes: int = 32
    """Threads count as well."""
    disk_mib: int = 64


def one_line(text: str) -> str:
    """A program's own words as one line that is safe to print: no control characters, no change of direction."""
    line = " ".join(text.split())[:300]
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


COMPILE_LIMITS = Limits(cpu_s=30, wall_s=120, memory_mib=2048, processes=64, disk_mib=256)


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
    """Since the program's first instruction."""
    memory_bytes: int = 0
    """Peak of all processes together; with cgroup v2 before Linux 6.12, of the largest one."""
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
    """`status` is ok where every part passed, wrong_answer where one failed, otherwise what ended the program; the
    judge's own failure (a test that cannot be read, or that uses up its limits) is an infrastructure_error."""

    status: Status
    parts: tuple[Part, ...]
    program: Result
    why: str
