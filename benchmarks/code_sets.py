"""Code verdicts against labels: the verifiers on published solutions, faulty ones, and programs with known verdicts.

HumanEval and MBPP: every canonical solution should pass, every one with a planted fault fail. Labelled solutions,
student programs, QuixBugs and contest submissions: as labelled. Each disagreement is printed with what was seen.
Seconds are those of this machine and whatever else it does.
"""

import time
from collections.abc import Callable, Sequence

from benchmarks.code_sets_contests import compare_contests
from benchmarks.code_sets_faults import When, mutants, plant
from benchmarks.code_sets_read import (
    FunctionProblem,
    Labelled,
    fenced,
    humaneval,
    labelled_solutions,
    mbpp,
    quixbugs,
    student_programs,
)
from k15.rewards import Verdict, score, score_batch

MOST_MUTANTS = 4
"""Of one program."""


def measure() -> None:
    parts: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("HumanEval", lambda what: _faults(what, list(humaneval()))),
        ("MBPP", lambda what: _faults(what, list(mbpp()))),
        ("HumanEval, labelled solutions", lambda what: compare(what, list(labelled_solutions()))),
        ("student programs", lambda what: _students(what, list(student_programs()))),
        ("QuixBugs", lambda what: compare(what, list(quixbugs()))),
        ("contest problems", lambda what: compare_contests(what, "contest_problems")),
        ("contest examples", lambda what: compare_contests(what, "contest_format_examples")),
    )
    for what, part in parts:
        try:
            part(what)
        except FileNotFoundError as error:
            print(f"{what}: left out, {error.filename} is absent (set K15_DATA to the folder of the data sets)")


def _faults(what: str, problems: Sequence[FunctionProblem]) -> None:
    compare(f"{what}, canonical", [Labelled(p.name, p.record, fenced(p.solution), True) for p in problems])
    _planted(f"{what}, fault at every call", problems, "always")
    verdicts = _planted(f"{what}, fault for one input", problems, "first")
    single = sum(verdict.parts.count(False) == 1 for verdict in verdicts)
    print(f"{what}, fault for one input: just one assertion fails in {single} of {len(verdicts)}")
    _mutants(what, problems)


def _planted(what: str, problems: Sequence[FunctionProblem], when: When) -> list[Verdict]:
    responses = [fenced(plant(problem.program, problem.entry_point, when)) for problem in problems]
    return compare(what, [Labelled(p.name, p.record, one, False) for p, one in zip(problems, responses, strict=True)])


def _mutants(what: str, problems: Sequence[FunctionProblem]) -> None:
    pairs = [(p.record, fenced(one)) for p in problems for one in mutants(p.program, MOST_MUTANTS)]
    verdicts, seconds = judged([record for record, _ in pairs], [response for _, response in pairs])
    killed = sum(verdict.verdict == "wrong" for verdict in verdicts)
    unknown = sum(verdict.verdict == "error" for verdict in verdicts)
    share = f"{killed} of {len(pairs)} noticed ({killed / len(pairs):.1%}), {unknown} without a verdict"
    print(f"{what}, one-token mutants: {share}; {seconds:.0f} s", flush=True)


def _students(what: str, items: Sequence[Labelled]) -> None:
    """What is not as labelled is judged without the code that the exercise gives, too: labels may not count on it."""
    for item, verdict in zip(items, compare(what, items), strict=True):
        if (verdict.verdict == "correct") != item.correct and item.record["prompt"]:
            alone = score({**item.record, "prompt": ""}, item.response)
            print(f"{what}: {item.name}: {alone.verdict} without the exercise's own code ({alone.why})")


def judged(records: Sequence[dict], responses: Sequence[str]) -> tuple[list[Verdict], float]:
    start = time.monotonic()
    verdicts = score_batch(records, responses)
    return verdicts, time.monotonic() - start


def compare(what: str, items: Sequence[Labelled]) -> list[Verdict]:
    """Prints how many verdicts are as labelled, and each that is not."""
    verdicts, seconds = judged([item.record for item in items], [item.response for item in items])
    pairs = list(zip(items, verdicts, strict=True))
    accepted = sum(verdict.verdict == "correct" and not item.correct for item, verdict in pairs)
    refused = sum(verdict.verdict == "wrong" and item.correct for item, verdict in pairs)
    unknown = sum(verdict.verdict == "error" for verdict in verdicts)
    agreeing = len(items) - accepted - refused - unknown
    share = f"{agreeing} of {len(items)} as labelled ({agreeing / len(items):.2%})"
    failed = f"{accepted} wrong ones accepted, {refused} correct ones refused, {unknown} without a verdict"
    print(f"{what}: {share}; {failed}; {seconds:.0f} s", flush=True)
    for item, verdict in pairs:
        if verdict.verdict != ("correct" if item.correct else "wrong"):
            print(f"{what}: {item.name}: {verdict.verdict} ({verdict.why}), {verdict.cpu_s:.2f} CPU s")
    return verdicts
