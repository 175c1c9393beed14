"""Code verifiers: the response's program is run in the sandbox against the tests of its problem.

`code_stdin`: `tests` are {"input", "output"} pairs; the program reads the one and must print the other (`tolerance` for
numbers, `case_sensitive`; white space never counts). `code_function`: `tests` are Python assertions in the manner of
MBPP, or of HumanEval (`def check(candidate)`, then `check(f)`); `prompt` is the code that the problem gives,
`entry_point` the function asked for, and `setup` runs before the tests. `tests` may be JSON. `limits` changes the
sandbox's defaults.

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
from typing import Any

from k15.errors import UserError
from k15.rewards.extraction import Mode, visible
from k15.rewards.output import same_output
from k15.rewards.verdict import Verdict
from k15.sandbox import AnySandbox, Limits, Result, shared_sandbox
from k15.sandbox.languages import ALIASES, LANGUAGES

_OPENING = re.compile(r"(?P<indent>[ \t]*)```[ \t]*(?P<tag>[\w+#-]*)")
MAX_PROGRAM_CHARACTERS = 1_000_000
_LIMITS = {field.name for field in fields(Limits)}
_SAME_AGAIN = ("cpu_limit", "wall_limit", "compile_error")


def fenced_blocks(text: str) -> list[tuple[str, str]]:
    """(tag, content) of the fenced blocks of a text, in their order; one that never ends is none. A block in a list is
    indented as its fence is, and comes without that.

    Line by line: a regular expression for whole blocks takes quadratic time over fences that nothing closes.
    """
    found: list[tuple[str, str]] = []
    opening: re.Match[str] | None = None
    content: list[str] = []
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        if opening is None:
            opening, content = _OPENING.match(line), []
        elif line.strip(" \t") == "```":
            found.append((opening["tag"].lower(), "".join(f"{one}\n" for one in content)))
            opening = None
        else:
            indent = len(opening["indent"])
            content.append(line[:indent].lstrip(" \t") + line[indent:])
    return found


def extract_program(response: str, mode: Mode) -> tuple[str, str] | None:
    """(language, program) of the last fenced block behind the thought that names a language, else of the last block,
    whose language is then empty; where there is none, "eval" takes everything.
    """
    text = visible(response)
    blocks = [(_language(tag), program) for tag, program in fenced_blocks(text)]
    if blocks:
        return next((block for block in reversed(blocks) if block[0]), blocks[-1])
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
        found = extract_program(response, mode)
        if found is None:
            return Verdict.wrong("no program")
        language, program = found
        if len(program) > MAX_PROGRAM_CHARACTERS:
            return Verdict.wrong(f"a program of {len(program)} characters")
        return judge(sandbox, record, language or str(record.get("language") or "python"), program)

    with ThreadPoolExecutor(sandbox.slots) as threads:
        return list(threads.map(one, records, responses))


def _judge_stdin(sandbox: AnySandbox, record: Mapping[str, Any], language: str, program: str) -> Verdict:
    tests = [_pair(record, test) for test in _tests(record)]
    limits = limits_of(record)
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
        passed = result.status == "ok" and _prints(result, expected, record)
        parts.append(passed)
        if not passed and not why:
            what = "wrong answer" if result.status == "ok" else f"{result.status.replace('_', ' ')} ({result.why})"
            why = f"test {number} of {len(tests)}: {what}"
        if result.status in _SAME_AGAIN:  # and the rest would take as long
            parts += [False] * (len(tests) - number)
            break
    return _verdict(parts, why, cpu_s)


def _prints(result: Result, expected: str, record: Mapping[str, Any]) -> bool:
    tolerance = record.get("tolerance")
    return same_output(
        expected,
        result.stdout.decode(errors="replace"),
        tolerance=None if tolerance is None else float(tolerance),
        case_sensitive=bool(record.get("case_sensitive", True)),
    )


def _judge_functions(sandbox: AnySandbox, record: Mapping[str, Any], language: str, program: str) -> Verdict:
    if language != "python":
        return Verdict.wrong(f"a {language} program where Python was asked for")
    tests = [str(test) for test in _tests(record)]
    prompt = str(record.get("prompt") or "")
    entry_point = record.get("entry_point") or entry_point_of(tests)
    source = complete(prompt, str(entry_point or ""), program)
    before = str(record.get("setup") or "")
    result = sandbox.test_functions(
        source, tests, entry_point=entry_point, given=prompt, before=before, limits=limits_of(record)
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
    """The whole program of a response that may hold a function's body only, or rely on the prompt's imports."""
    if not prompt:
        return program
    if not re.search(rf"^\s*(?:async\s+)?(?:def|class)\s+{re.escape(entry_point)}\b", program, re.MULTILINE):
        return prompt + program
    lines = [line for line in prompt.splitlines() if re.match(r"(?:from\s+[\w.]+\s+)?import\s", line)]
    return "\n".join([*lines, program])


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
