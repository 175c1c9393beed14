"""Code verifiers: the response's program is run in the sandbox against the tests of its problem.

`code_stdin`: `tests` are {"input", "output"} pairs; the program reads the one and must print the other (`tolerance` for
numbers, `case_sensitive`; white space never counts). `code_function`: `tests` are Python assertions in the manner of
MBPP, or of HumanEval (`def check(candidate)`, then `check(f)`, in one text); `prompt` is the code that the problem
gives, `entry_point` the function asked for, and `setup` runs before the tests. `tests` may be JSON. `limits` changes
the sandbox's defaults.

The program never sees the tests: inputs reach it one by one, and what is expected stays with the judge. Each test is a
part of the verdict; the reward is 1 where all passed. What the sandbox could not run is an error, never a wrong answer.
"""

import ast
import builtins
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import partial
from typing import Any

from k15.errors import UserError
from k15.rewards.extraction import Mode, fenced_blocks, visible
from k15.rewards.output import same_output
from k15.rewards.verdict import Verdict
from k15.sandbox import AnySandbox, Limits, Result, shared_sandbox
from k15.sandbox.languages import ALIASES, LANGUAGES, installed

_FUTURE = re.compile(r"^from __future__ import [^\n]*", re.MULTILINE)
MAX_PROGRAM_CHARACTERS = 1_000_000
_LIMITS = {field.name for field in fields(Limits)}
_SAME_AGAIN = ("cpu_limit", "wall_limit", "compile_error")


def extract_program(response: str, mode: Mode, asked: str = "python") -> tuple[str, str] | None:
    """(language, program) of the fenced block behind the thought that is meant: the last in the language `asked` for,
    else the last in another one that is no shell (which shows how to run it), else the last. An unknown language is
    empty. Where there is no block, "eval" takes everything.
    """
    text = visible(response)
    blocks = [(_language(tag), program) for tag, program in fenced_blocks(text)]
    for wanted in ({asked}, set(LANGUAGES) - {"bash"}, {*LANGUAGES, ""}):
        for block in reversed(blocks):
            if block[0] in wanted:
                return block
    return ("", text) if mode == "eval" and text.strip() else None


def _language(tag: str) -> str:
    name = ALIASES.get(tag, tag)
    return name if name in LANGUAGES else ""


def verify_stdin(records: Sequence[Mapping[str, Any]], responses: Sequence[str], mode: Mode) -> list[Verdict]:
    return _verify(_judge_stdin, records, responses, mode)


def verify_functions(records: Sequence[Mapping[str, Any]], responses: Sequence[str], mode: Mode) -> list[Verdict]:
    return _verify(_judge_functions, records, responses, mode)


_Judge = Callable[[AnySandbox, Mapping[str, Any], str, str], Verdict]


def _verify(judge: _Judge, records: Sequence[Mapping[str, Any]], responses: Sequence[str], mode: Mode) -> list[Verdict]:
    sandbox = shared_sandbox()

    def one(record: Mapping[str, Any], response: str) -> Verdict:
        asked = str(record.get("language") or "python")
        found = extract_program(response, mode, ALIASES.get(asked, asked))
        if found is None:
            return Verdict.wrong("no program")
        language, program = found
        if language not in ("", asked) and language not in installed():  # the response's choice, not the record's
            return Verdict.wrong(f"a program in {language}, which cannot be run here")
        if len(program) > MAX_PROGRAM_CHARACTERS:
            return Verdict.wrong(f"a program of {len(program)} characters")
        return judge(sandbox, record, language or asked, program)

    with ThreadPoolExecutor(sandbox.slots) as threads:
        return list(threads.map(one, records, responses))


def _judge_stdin(sandbox: AnySandbox, record: Mapping[str, Any], language: str, program: str) -> Verdict:
    tests = [_pair(record, test) for test in _tests(record)]
    limits = limits_of(record)
    same = _comparison(record)
    built = sandbox.build(language, program)
    if isinstance(built, Result):
        return _of_build(built)
    parts: list[bool] = []
    why, cpu_s = "", 0.0
    for number, (given, expected) in enumerate(tests, 1):
        result = sandbox.run_program(built, stdin=given, limits=limits)
        cpu_s += result.cpu_s
        if result.status == "infrastructure_error":
            return Verdict.error(f"test {number}: {result.why}", cpu_s)
        passed = result.status == "ok" and same(expected, result.stdout.decode(errors="replace"))
        parts.append(passed)
        if not passed and not why:
            what = "wrong answer" if result.status == "ok" else f"{result.status.replace('_', ' ')} ({result.why})"
            why = f"test {number} of {len(tests)}: {what}"
        if result.status in _SAME_AGAIN:  # and the rest would take as long
            parts += [False] * (len(tests) - number)
            break
    return _verdict(parts, why, cpu_s)


def _comparison(record: Mapping[str, Any]) -> Callable[[str, str], bool]:
    """Of expected with printed output."""
    given, case_sensitive = record.get("tolerance"), record.get("case_sensitive")
    try:
        tolerance = None if given is None else float(given)
    except (TypeError, ValueError):
        tolerance = -1.0
    if isinstance(given, bool) or (tolerance is not None and not 0 <= tolerance < float("inf")):
        raise UserError(f"problem {record.get('id', '?')}: `tolerance` must be a number, 0 or more (got {given!r:.40})")
    if case_sensitive not in (None, True, False):
        raise UserError(f"problem {record.get('id', '?')}: `case_sensitive` must be true or false")
    return partial(same_output, tolerance=tolerance, case_sensitive=case_sensitive is not False)


def _judge_functions(sandbox: AnySandbox, record: Mapping[str, Any], language: str, program: str) -> Verdict:
    if language != "python":
        return Verdict.wrong(f"a {language} program where Python was asked for")
    tests = [str(test) for test in _tests(record)]
    prompt = str(record.get("prompt") or "")
    given = prompt if _statements(prompt) else ""
    entry_point = record.get("entry_point") or entry_point_of(tests)
    source = complete(prompt, str(entry_point or ""), program)
    before = str(record.get("setup") or "")
    result = sandbox.test_functions(
        source, tests, entry_point=entry_point, given=given, before=before, limits=limits_of(record)
    )
    if result.status == "infrastructure_error":
        return Verdict.error(result.why, result.program.cpu_s)
    parts = [part.passed for part in result.parts]
    if result.status == "ok":
        return _verdict(parts, "", result.program.cpu_s)
    why = result.why if result.status == "wrong_answer" else f"{result.status.replace('_', ' ')}: {result.why}"
    return _verdict(parts, why or "an assertion does not hold", result.program.cpu_s)


def _verdict(parts: Sequence[bool], why: str, cpu_s: float) -> Verdict:
    if not why and all(parts):
        return Verdict("correct", 1.0, f"{len(parts)} tests passed", cpu_s, tuple(parts))
    return Verdict("wrong", 0.0, why, cpu_s, tuple(parts))


def _of_build(failed: Result) -> Verdict:
    if failed.status == "infrastructure_error":
        return Verdict.error(failed.why, failed.cpu_s)
    return Verdict.wrong(f"compile error: {failed.why}", failed.cpu_s)


def complete(prompt: str, entry_point: str, program: str) -> str:
    """The whole program of a response that may hold a function's body only, or rely on what else the prompt gives."""
    if not re.search(rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{re.escape(entry_point)}\b", program, re.MULTILINE):
        return prompt + program
    given = [ast.unparse(node) for node in _statements(prompt) if getattr(node, "name", None) != entry_point]
    future = _FUTURE.findall(program)
    return "\n".join([*future, *given, _FUTURE.sub("", program)]) if given else program


def _statements(code: str) -> list[ast.stmt]:
    """Of code that can be read; none of a stub without a body."""
    try:
        return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError):
        return []


def entry_point_of(tests: Sequence[str]) -> str | None:
    """The function that assertions are about: the one that they call and that is not Python's own, else the first."""
    called: list[str] = []
    for test in tests:
        try:
            nodes = ast.walk(ast.parse(test))
        except (SyntaxError, ValueError):
            continue
        called += [node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    own = [name for name in called if not hasattr(builtins, name)]
    return next(iter(own or called), None)


def _tests(record: Mapping[str, Any]) -> list[Any]:
    tests = record.get("tests")
    if isinstance(tests, str):
        try:
            tests = json.loads(tests)
        except ValueError:
            tests = [tests]
    if not isinstance(tests, list | tuple) or not tests:
        raise UserError(f"problem {record.get('id', '?')}: `tests` must be a list that is not empty")
    return list(tests)


def _pair(record: Mapping[str, Any], test: Any) -> tuple[str, str]:
    if not isinstance(test, Mapping) or not isinstance(test.get("output"), str):
        raise UserError(f"problem {record.get('id', '?')}: each of `tests` must be {{'input': text, 'output': text}}")
    return str(test.get("input", "")), test["output"]


def limits_of(record: Mapping[str, Any], **defaults: float) -> Limits:
    """What the record sets, else `defaults`, else what the sandbox sets."""
    given = record.get("limits") or {}
    if not isinstance(given, Mapping) or not set(given) <= _LIMITS:
        raise UserError(f"problem {record.get('id', '?')}: `limits` takes {', '.join(sorted(_LIMITS))}")
    return Limits(**{**defaults, **given})
