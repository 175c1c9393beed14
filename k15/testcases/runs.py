"""Runs of generators and submissions in the sandbox.

A generator is a Python program that gets the number of the case, from 1, as its only argument and prints the input;
it is meant to draw all its randomness from that number. Guarantees: a run that the machinery failed is never taken
for the program's fault; inputs are in the order of their numbers.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from k15.errors import UserError
from k15.sandbox import AnySandbox, Limits, Result
from k15.testcases.params import CaseParams
from k15.testcases.problem import Submission
from k15.testcases.rules import Outcome


@dataclass(frozen=True)
class Input:
    """An input, and the reason for which it makes no case, if there is one."""

    number: int
    text: str
    reason: str


def limits(params: CaseParams) -> Limits:
    given = params.limits
    return Limits(cpu_s=given.cpu_s, memory_mib=given.memory_mib, output_kib=given.output_kib)


def make_inputs(sandbox: AnySandbox, generator: str, params: CaseParams) -> list[Input]:
    """One input per case; an input that came before is a duplicate."""
    numbers = [(str(number),) for number in range(1, params.cases + 1)]
    program = sandbox.build("python", generator)
    if isinstance(program, Result):
        results = [program] * len(numbers)
    else:
        results = sandbox.run_many(program, [b""] * len(numbers), args=numbers, limits=limits(params))
    inputs: list[Input] = []
    seen: set[str] = set()
    for number, result in enumerate(results, 1):
        text, reason = _input(result, params)
        if not reason and text.strip() in seen:
            reason = "duplicate"
        seen.add(text.strip())
        inputs.append(Input(number, text, reason))
    return inputs


def _input(result: Result, params: CaseParams) -> tuple[str, str]:
    if result.status == "infrastructure_error":
        return "", "unjudged"
    if result.status == "output_limit" or len(result.stdout) > params.max_input_kib << 10:
        return "", "too-large"
    text = _decoded(result.stdout)
    if result.status != "ok" or text is None:
        return "", "generator-failed"
    return text, "" if text.strip() else "empty-input"


def runnable(sandbox: AnySandbox, submissions: Sequence[Submission]) -> list[Submission]:
    """Those whose language the sandbox knows and has a toolchain for."""
    return [submission for submission in submissions if _has(sandbox, submission.language)]


@functools.cache
def _has(sandbox: AnySandbox, language: str) -> bool:
    try:
        sandbox.build(language, "")
    except UserError:
        return False
    return True


def outcomes(sandbox: AnySandbox, submission: Submission, inputs: Sequence[str], params: CaseParams) -> list[Outcome]:
    """What one submission makes of every input; one that does not compile fails on all."""
    program = sandbox.build(submission.language, submission.source)
    if isinstance(program, Result):
        return [_outcome(program)] * len(inputs)
    results = sandbox.run_many(program, [text.encode() for text in inputs], limits=limits(params))
    return [_outcome(result) for result in results]


def _outcome(result: Result) -> Outcome:
    if result.status == "infrastructure_error":
        return Outcome("unknown")
    text = _decoded(result.stdout)
    return Outcome("output", text) if result.status == "ok" and text is not None else Outcome("failed")


def _decoded(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
