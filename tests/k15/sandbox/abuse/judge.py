"""Runs abuse programs beside a neighbour and says what came of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from k15.sandbox import Limits, Result, Sandbox
from tests.k15.sandbox.abuse.case import Case
from tests.k15.sandbox.abuse.host import Host

SLOTS = 2
_NEIGHBOUR = "n = int(input())\nprint(sum(i * i for i in range(n)))\n"
_NEIGHBOUR_LIMITS = Limits(cpu_s=2, memory_mib=64)
_ROUND = 20_000

# What no program that follows may be told about unless this holds: they are dangerous outside a sandbox.
_PROBE = """
import os, sys
try:
    os.kill(int(sys.argv[1]), 0)
    print("sees the host's processes")
except ProcessLookupError:
    print("isolated" if not os.path.exists(sys.argv[2]) else "sees the host's files")
"""


@dataclass(frozen=True)
class Outcome:
    case: Case
    result: Result
    escaped: tuple[str, ...] = ()
    """What it got that it must not get."""
    disturbed: tuple[str, ...] = ()
    """What its neighbours felt."""
    unexpected: tuple[str, ...] = ()
    """A verdict other than those of its header, or no word about how it was held."""

    @property
    def held(self) -> bool:
        return not (self.escaped or self.disturbed or self.unexpected)

    def __str__(self) -> str:
        result = self.result
        said = f"{result.status} ({result.why}) {result.stdout[-200:]!r} {result.stderr[-200:]!r}"
        return f"{self.case}: {'; '.join((*self.escaped, *self.disturbed, *self.unexpected)) or 'held'}: {said}"


def check_isolation(sandbox: Sandbox, host: Host) -> None:
    """Raises unless a harmless program finds itself isolated."""
    probed = sandbox.run("python", _PROBE, args=(host.facts["host_pid"], host.facts["secret_path"]))
    if probed.stdout.strip() != b"isolated":
        raise RuntimeError(f"no abuse program is run in a sandbox that does not isolate: {probed}")


def play(sandbox: Sandbox, host: Host, scenario: list[Case]) -> list[Outcome]:
    """The programs one after the other, beside a neighbour that goes on until they are over.

    The neighbour of a pair waits until both are through: with nothing else running, a run gets the box of the last.
    """
    if len(scenario) > 1:
        results = [_run(sandbox, host, case) for case in scenario]
        disturbed = _neighbours_after(sandbox)
    else:
        results, disturbed = _beside_a_neighbour(sandbox, host, scenario[0])
        disturbed += _neighbours_after(sandbox)
    harm = host.harm()
    return [_judged(case, result, host, harm, disturbed) for case, result in zip(scenario, results, strict=True)]


def _run(sandbox: Sandbox, host: Host, case: Case) -> Result:
    try:
        return _run_or_test(sandbox, host, case)
    except Exception as error:  # what a program must not bring about, and what the others are still run after
        return Result("infrastructure_error", why=f"the sandbox raised {error!r}")


def _run_or_test(sandbox: Sandbox, host: Host, case: Case) -> Result:
    facts = host.facts
    if case.tests:
        tests = [test.replace("@answer@", host.secret) for test in case.tests]
        tested = sandbox.test_functions(case.source, tests, entry_point="add", limits=case.limits)
        return replace(tested.program, status=tested.status, why=tested.why)
    source = case.source
    for name, value in facts.items():
        source = source.replace(f"@{name}@", value)
    args = [facts[name] for name in case.args]
    return sandbox.run(case.language, source, stdin=case.stdin, args=args, limits=case.limits)


def _beside_a_neighbour(sandbox: Sandbox, host: Host, case: Case) -> tuple[list[Result], list[str]]:
    over = threading.Event()

    def neighbour() -> list[str]:
        faults = _neighbour(sandbox, _ROUND)
        while not faults and not over.is_set():
            faults = _neighbour(sandbox, _ROUND)
        return faults

    with ThreadPoolExecutor(1) as threads:
        beside = threads.submit(neighbour)
        try:
            result = _run(sandbox, host, case)
        finally:
            over.set()
        return [result], beside.result()


def _neighbours_after(sandbox: Sandbox) -> list[str]:
    """As many at once as there are boxes: the attacker's own must serve the next program."""
    with ThreadPoolExecutor(SLOTS) as threads:
        return [
            fault for faults in threads.map(lambda n: _neighbour(sandbox, n), range(1, SLOTS + 1)) for fault in faults
        ]


def _neighbour(sandbox: Sandbox, n: int) -> list[str]:
    result = sandbox.run("python", _NEIGHBOUR, stdin=str(n), limits=_NEIGHBOUR_LIMITS)
    expected = f"{sum(i * i for i in range(n))}\n".encode()
    return [] if (result.status, result.stdout) == ("ok", expected) else [f"a neighbour got {result}"]


def _judged(case: Case, result: Result, host: Host, harm: list[str], disturbed: list[str]) -> Outcome:
    said = result.stdout + result.stderr
    escaped = [line for line in said.decode(errors="replace").splitlines() if line.startswith("ESCAPED")][:3]
    escaped += ["shows the host's secret"] if host.secret.encode() in said else []
    unexpected = [] if result.status in case.statuses else [f"verdict {result.status}"]
    if not result.why.isprintable():
        unexpected.append(f"its reason is {result.why!r}")
    ended_by_itself = not case.tests and result.exit_code is not None and result.status in ("ok", "runtime_error")
    if ended_by_itself and not escaped and case.proof.encode() not in result.stdout:
        unexpected.append(f"does not say {case.proof}")
    return Outcome(case, result, (*escaped, *harm), tuple(disturbed), tuple(unexpected))
