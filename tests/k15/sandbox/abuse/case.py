"""An abuse program with what its header says; the format is in README.md."""

from dataclasses import dataclass, replace
from pathlib import Path

from k15.sandbox import STATUSES, Limits, Status

DIRECTORY = Path(__file__).parent
LANGUAGES = {".py": "python", ".c": "c", ".cpp": "cpp", ".js": "javascript", ".sh": "bash"}
LIMITS = Limits(cpu_s=1.0, wall_s=10.0, memory_mib=128, output_kib=256, processes=32, disk_mib=16)


@dataclass(frozen=True)
class Case:
    category: str
    name: str
    language: str
    source: str
    promise: str
    statuses: frozenset[Status]
    limits: Limits
    args: tuple[str, ...]
    """Names of facts about the host."""
    stdin: str
    tests: tuple[str, ...]
    """Of a program that is a function to be tested; otherwise it is run as it is."""

    @property
    def proof(self) -> str:
        """What it prints if it was stopped."""
        return "READY" if self.writes else "HELD"

    @property
    def writes(self) -> bool:
        """Whether it is the first one of a pair."""
        return Path(self.name).stem.endswith("_write")

    @property
    def pair(self) -> str:
        """What the two of a pair have in common; a program of its own has its own."""
        return f"{self.category}/{Path(self.name).stem.removesuffix('_write').removesuffix('_read')}:{self.language}"

    def __str__(self) -> str:
        return f"{self.category}/{self.name}"


def load_scenarios(directory: Path = DIRECTORY) -> list[list[Case]]:
    """Programs that run one after the other in the same box: one, or the two of a pair; by category and name."""
    paths = sorted(path for path in directory.glob("*/*") if path.suffix in LANGUAGES)
    scenarios: dict[str, list[Case]] = {}
    for case in map(read_case, paths):
        scenarios.setdefault(case.pair if "_write" in case.name or "_read" in case.name else str(case), []).append(case)
    return [sorted(scenario, key=lambda case: not case.writes) for scenario in scenarios.values()]


def read_case(path: Path) -> Case:
    source = path.read_text()
    header = _header(path, source)
    statuses = frozenset(header.pop("status", "ok").split())
    case = Case(
        category=path.parent.name,
        name=path.name,
        language=LANGUAGES[path.suffix],
        source=source,
        promise=header.pop("promise", ""),
        statuses=frozenset(status for status in STATUSES if status in statuses),
        limits=_limits(header.pop("limits", "")),
        args=tuple(header.pop("args", "").split()),
        stdin=header.pop("stdin", ""),
        tests=tuple(part.strip() for part in header.pop("tests", "").split(";") if part),
    )
    if header or not case.promise or case.statuses != statuses:
        raise ValueError(f"{path}: a header with a promise and known keys and statuses; see README.md")
    return case


def _header(path: Path, source: str) -> dict[str, str]:
    mark = "#" if path.suffix in (".py", ".sh") else "//"
    found = {}
    for line in source.splitlines():
        key, colon, value = line.removeprefix(mark).partition(":")
        if not line.startswith(mark) or not colon or not key.strip().isalpha():
            break
        found[key.strip()] = value.strip()
    return found


def _limits(text: str) -> Limits:
    limits = LIMITS
    for part in text.split():
        name, _, value = part.partition("=")
        limits = replace(limits, **{name: type(getattr(LIMITS, name))(value)})
    return limits
