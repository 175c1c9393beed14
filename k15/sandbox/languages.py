"""Languages as a table: an entry joins when its toolchain is on the machine."""

import contextlib
import functools
import glob
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from k15.errors import UserError

Binds = tuple[tuple[str, str], ...]
"""(path on the machine, path in the box), read-only."""

_PATH = "/usr/bin:/bin:/opt/python/bin:/opt/rust/bin"
ENVIRONMENT = {"PATH": _PATH, "HOME": "/box/work", "TMPDIR": "/tmp", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
ENVIRONMENT |= {"PYTHONPATH": "/opt/packages", "LD_LIBRARY_PATH": "/opt/python/lib"}


_NODE = ("/usr/bin/node",)


@dataclass(frozen=True, eq=False)
class Language:
    name: str
    source: str
    """The file that a program is written to."""
    needs: tuple[str, ...] = ()
    """Executables of its toolchain, below /usr."""
    compile: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    """What of the compiler's output a run needs; the source itself where nothing is compiled."""
    run: tuple[str, ...] = ()
    """Empty for Python, which runs in the warm interpreter."""
    toolchain: Callable[[], Binds | None] = lambda: ()
    """What of the machine a box shows besides /usr; None where it is not there."""
    environment: dict[str, str] = field(default_factory=dict)
    pages: tuple[str, ...] = ()
    """Its large files (glob patterns), whose pages are not to count as memory of a program."""
    packages: str = ""
    """What to install on Debian."""


def _rust() -> Binds | None:
    found = shutil.which("rustc") or shutil.which("rustc", path=str(Path.home() / ".cargo/bin"))
    if found is None:
        return None
    answer = subprocess.run([found, "--print", "sysroot"], capture_output=True, text=True, check=False)
    sysroot = answer.stdout.strip()
    if answer.returncode != 0 or not os.path.exists(f"{sysroot}/bin/rustc"):
        return None
    return ((sysroot, "/opt/rust"),)


def _go() -> Binds | None:
    return _existing("/usr/share/go-1.19", "/usr/share/go") if os.path.exists("/usr/bin/go") else None


def _java() -> Binds | None:
    return _existing("/etc/java-17-openjdk", "/etc/java-21-openjdk")


def _mono() -> Binds | None:
    return _existing("/etc/mono")


def _php() -> Binds | None:
    return _existing("/etc/php")


@functools.cache
def take_pages(language: Language) -> None:
    """Has the kernel charge the pages of a language's files to this process, once. A box that is the first to touch
    them would be charged, and a program at its memory limit would lose them again and again instead of ending."""
    for path in (path for pattern in language.pages for path in glob.glob(pattern)):
        with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while file.read(1 << 20):
                pass


def _existing(*paths: str) -> Binds:
    return tuple((path, path) for path in paths if os.path.exists(path))


LANGUAGES = {
    language.name: language
    for language in (
        Language("python", "main.py"),
        Language(
            "c",
            "main.c",
            ("gcc",),
            ("/usr/bin/gcc", "-O2", "-std=gnu17", "-pipe", "-o", "program", "main.c", "-lm"),
            ("program",),
            ("/box/work/program",),
            packages="gcc libc6-dev",
        ),
        Language(
            "cpp",
            "main.cpp",
            ("g++",),
            ("/usr/bin/g++", "-O2", "-std=gnu++20", "-pipe", "-o", "program", "main.cpp"),
            ("program",),
            ("/box/work/program",),
            packages="g++",
        ),
        Language("javascript", "main.js", ("node",), run=("/usr/bin/node", "main.js"), pages=_NODE, packages="nodejs"),
        Language("bash", "main.sh", ("bash",), run=("/usr/bin/bash", "main.sh"), packages="bash"),
        Language("perl", "main.pl", ("perl",), run=("/usr/bin/perl", "main.pl"), packages="perl"),
        Language(
            "java",
            "Main.java",
            ("javac", "java"),
            ("/usr/bin/javac", "-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1", "-encoding", "UTF-8", "Main.java"),
            ("*.class",),
            ("/usr/bin/java", "-XX:+UseSerialGC", "-Xss64m", "-Xshare:auto", "-cp", "/box/work", "Main"),
            _java,
            pages=("/usr/lib/jvm/*/lib/server/libjvm.so", "/usr/lib/jvm/*/lib/modules"),
            packages="default-jdk-headless",
        ),
        Language(
            "rust",
            "main.rs",
            ("gcc",),
            ("/opt/rust/bin/rustc", "-O", "--edition", "2021", "-o", "program", "main.rs"),
            ("program",),
            ("/box/work/program",),
            _rust,
            packages="rustc",
        ),
        Language(
            "go",
            "main.go",
            ("go",),
            ("/usr/bin/go", "build", "-o", "program", "main.go"),
            ("program",),
            ("/box/work/program",),
            _go,
            {"GOCACHE": "/tmp/go", "GO111MODULE": "off"},
            packages="golang-go",
        ),
        Language(
            "csharp",
            "main.cs",
            ("mcs", "mono"),
            ("/usr/bin/mcs", "-optimize+", "-out:program.exe", "main.cs"),
            ("program.exe",),
            ("/usr/bin/mono", "program.exe"),
            _mono,
            packages="mono-mcs mono-runtime",
        ),
        Language(
            "typescript",
            "main.ts",
            ("tsc", "node"),
            ("/usr/bin/tsc", "--target", "es2020", "--module", "commonjs", "main.ts"),
            ("main.js",),
            ("/usr/bin/node", "main.js"),
            pages=_NODE,
            packages="node-typescript nodejs",
        ),
        Language("php", "main.php", ("php",), run=("/usr/bin/php", "main.php"), toolchain=_php, packages="php-cli"),
    )
}
ALIASES = {"c++": "cpp", "js": "javascript", "node": "javascript", "py": "python", "python3": "python", "sh": "bash"}
ALIASES |= {"rs": "rust", "cs": "csharp", "c#": "csharp", "ts": "typescript", "pl": "perl", "golang": "go", "cc": "cpp"}


@functools.cache
def installed() -> dict[str, Binds]:
    """The languages whose toolchain is here, with what a box must show for them."""
    found = {}
    for language in LANGUAGES.values():
        binds = language.toolchain()
        if binds is not None and all(os.path.exists(f"/usr/bin/{name}") for name in language.needs):
            found[language.name] = binds
    return found


def language_named(name: str) -> Language:
    """`UserError` for a language that is unknown or not installed."""
    known = ALIASES.get(name.lower(), name.lower())
    if known not in LANGUAGES:
        raise UserError(f"unknown language {name!r}; use one of {', '.join(LANGUAGES)}")
    if known not in installed():
        packages = LANGUAGES[known].packages
        raise UserError(f"the toolchain of {known} is not installed; on Debian: apt install {packages}")
    return LANGUAGES[known]
