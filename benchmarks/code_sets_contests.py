"""Contest submissions against the verdicts that the setters filed them under.

Time limits are those of the package format: the CPU time of the slowest accepted submission on any test, times the
package's `time_multiplier` (5 where it states none), in whole seconds. So accepted ones are judged first, test by
test and with room; the others then by all tests under that limit. An accepted submission should pass every test, any
other fail one; and one filed as wrong_answer, run_time_error or time_limit_exceeded should fail one in that way, which
its failed tests are run once more to see. Submissions in languages that are not installed here and those of several
files are left out; outputs are compared as text also where the package has a validator of its own.
"""

import math
import re
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from benchmarks.code_sets_read import archived
from benchmarks.verifiers import DATA
from k15.rewards import Verdict, score_batch
from k15.rewards.output import same_output
from k15.sandbox import Limits, Program, shared_sandbox
from k15.sandbox.languages import installed
from k15.testcases import packages
from k15.testcases.problem import CodeProblem

ROOM_CPU_S = 60.0
MEMORY_MIB = 1024
"""Where the package states none."""
TIME_MULTIPLIER = 5.0
FILED_AS = {
    "wrong_answer": {"wrong_answer"},
    "run_time_error": {"runtime_error", "memory_limit"},
    "time_limit_exceeded": {"cpu_limit", "wall_limit"},
}
"""Where setters file submissions -> the sandbox's names of what should happen."""
FOLDERS = ("accepted", "partially_accepted", *FILED_AS)


@dataclass(frozen=True)
class Contest:
    problem: CodeProblem
    tests: tuple[dict[str, str], ...]
    names: tuple[str, ...]
    """Of the tests."""
    multiplier: float
    memory_mib: int
    limit_s: float = ROOM_CPU_S

    @property
    def limits(self) -> dict[str, Any]:
        return {"cpu_s": self.limit_s, "memory_mib": self.memory_mib}

    def record(self, tests: Sequence[dict[str, str]]) -> dict[str, Any]:
        return {
            "verifier": "code_stdin",
            "id": self.problem.id,
            "tests": tests,
            "tolerance": self.problem.tolerance,
            "case_sensitive": self.problem.case_sensitive,
            "limits": self.limits,
        }


@dataclass(frozen=True)
class Submission:
    contest: Contest
    name: str
    filed: str
    language: str
    source: str

    @property
    def response(self) -> str:
        return f"```{self.language}\n{self.source}\n```"


@dataclass(frozen=True)
class Seen:
    """What came of a submission, and whether that is as filed."""

    submission: Submission
    as_filed: bool
    why: str
    cpu_s: float


def compare_contests(what: str, folder: str) -> None:
    start = time.monotonic()
    paths = sorted((DATA / folder).resolve(strict=True).glob("*.tar.gz"))
    every = [submission for path in paths for submission in _submissions(path)]
    here = [submission for submission in every if submission.language in installed()]
    seen, limits = _accepted([submission for submission in here if submission.filed == "accepted"])
    others = [submission for submission in here if submission.filed != "accepted"]
    others = [
        replace(one, contest=replace(one.contest, limit_s=limits.get(one.contest.problem.id, ROOM_CPU_S)))
        for one in others
    ]
    seen += _others(others)
    _tell(what, seen, len(every) - len(here), time.monotonic() - start)
    stated = ", ".join(f"{name} {limit:.0f}" for name, limit in sorted(limits.items()))
    print(f"{what}: limits in CPU s: {stated}")


def _tell(what: str, seen: Sequence[Seen], left_out: int, seconds: float) -> None:
    agreeing = sum(one.as_filed for one in seen)
    filed = Counter(one.submission.filed for one in seen)
    right = Counter(one.submission.filed for one in seen if one.as_filed)
    cpu_s = sum(one.cpu_s for one in seen)
    kinds = ", ".join(f"{kind} {right[kind]} of {count}" for kind, count in sorted(filed.items()))
    share = f"{agreeing} of {len(seen)} as filed ({agreeing / len(seen):.2%}): {kinds}"
    print(
        f"{what}: {share}; {left_out} left out for want of a toolchain; {seconds:.0f} s, programs {cpu_s:.0f} CPU s",
        flush=True,
    )
    for one in seen:
        if not one.as_filed:
            submission = one.submission
            name = f"{submission.contest.problem.id}/{submission.filed}/{submission.name}"
            print(f"{what}: {name}: {one.why}; limit {submission.contest.limit_s:.0f} CPU s")


def _submissions(path: Any) -> list[Submission]:
    files = archived(path)
    inputs = [name for name in files if name.startswith("data/") and name.endswith(".in")]
    tests = tuple({"input": files[name], "output": files[f"{name[:-3]}.ans"]} for name in inputs)
    limits = (YAML(typ="safe", pure=True).load(files["problem.yaml"]) or {}).get("limits") or {}
    contest = Contest(
        packages.read(path),
        tests,
        tuple(name[5:-3] for name in inputs),
        float(limits.get("time_multiplier", TIME_MULTIPLIER)),
        int(limits.get("memory", MEMORY_MIB)),
    )
    found = []
    for name, source in files.items():
        place = PurePosixPath(name)
        if len(place.parts) == 3 and place.parts[0] == "submissions" and place.parts[1] in FOLDERS:
            language = packages.LANGUAGES.get(place.suffix, place.suffix)
            if place.suffix == ".java":  # its class is named after the file, the sandbox's after none
                source = re.sub(rf"\b{re.escape(place.stem)}\b", "Main", source)
            found.append(Submission(contest, place.name, place.parts[1], language, source))
    return found


def _accepted(submissions: Sequence[Submission]) -> tuple[list[Seen], dict[str, float]]:
    """How they fared, and the time limit that follows for each problem."""
    pairs = [(one, test) for one in submissions for test in one.contest.tests]
    verdicts = score_batch([one.contest.record([test]) for one, test in pairs], [one.response for one, _ in pairs])
    found: list[Seen] = []
    limits: dict[str, float] = {}
    for one in submissions:
        mine = [verdicts.pop(0) for _ in one.contest.tests]
        slowest = one.contest.multiplier * max(verdict.cpu_s for verdict in mine)
        limits[one.contest.problem.id] = max(limits.get(one.contest.problem.id, 1.0), float(math.ceil(slowest)))
        failed = [(name, verdict) for name, verdict in zip(one.contest.names, mine, strict=True) if not verdict.reward]
        why = "; ".join(f"{name}: {verdict.why}, {verdict.cpu_s:.2f} s" for name, verdict in failed[:3])
        found.append(Seen(one, not failed, why, sum(verdict.cpu_s for verdict in mine)))
    return found, limits


def _others(submissions: Sequence[Submission]) -> list[Seen]:
    records = [one.contest.record(one.contest.tests) for one in submissions]
    verdicts = score_batch(records, [one.response for one in submissions])
    with ThreadPoolExecutor(shared_sandbox().slots) as threads:
        return list(threads.map(_failing, submissions, verdicts))


def _failing(submission: Submission, verdict: Verdict) -> Seen:
    seen = partial(Seen, submission, cpu_s=verdict.cpu_s)
    if verdict.verdict != "wrong":
        samples = sum(name.startswith("sample/") for name in submission.contest.names)
        why = f"{verdict.verdict} ({verdict.why}, of which {samples} are samples), {verdict.cpu_s:.2f} CPU s over them"
        return seen(False, why)
    due = FILED_AS.get(submission.filed)
    if due is None:
        return seen(True, verdict.why)
    built = shared_sandbox().build(submission.language, submission.source)
    if not isinstance(built, Program):
        return seen(False, f"{built.status} ({built.why})")
    statuses: Counter[str] = Counter()
    for passed, test in zip(verdict.parts, submission.contest.tests, strict=True):
        if not passed:
            statuses[_status(submission, built, test)] += 1
            if due & statuses.keys():
                return seen(True, verdict.why)
    ways = ", ".join(f"{name} {count}" for name, count in statuses.items())
    return seen(False, f"fails, but otherwise ({ways}; {verdict.why})")


def _status(submission: Submission, program: Program, test: dict[str, str]) -> str:
    contest = submission.contest
    result = shared_sandbox().run_program(program, stdin=test["input"], limits=Limits(**contest.limits))
    if result.status != "ok":
        return result.status
    problem, printed = contest.problem, result.stdout.decode(errors="replace")
    same = same_output(test["output"], printed, tolerance=problem.tolerance, case_sensitive=problem.case_sensitive)
    return "ok" if same else "wrong_answer"
