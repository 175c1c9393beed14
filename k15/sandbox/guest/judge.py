"""The judging end of a function test: runs the tests; the tested functions are proxies for those in the other box.

Tests are Python statements in the manner of MBPP (`assert f(1) == 2`) or HumanEval (`def check(candidate): ...`, then
`check(f)`). Each statement that asserts something, at the top or directly inside a function named `check`, is
a part with an outcome of its own. What a test sees of the tested program is plain data or a proxy that equals
only itself, so no result can pass by redefining equality. Functions that the problem itself gives are the judge's own.
"""

import ast
import builtins
import importlib
import json
import os
import sys
from contextlib import suppress
from types import CodeType, TracebackType
from typing import Any

from .codec import Frames, Lost
from .interpreter import new_module
from .proxies import Link, Remote

_MOST_REPORTED = 300


class Outcomes:
    """Parts of tests and how they ended, sent to the pool one by one."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames

    def report(self, outcome: str, why: str = "") -> None:
        self.frames.send({"outcome": outcome, "why": why[:_MOST_REPORTED]})

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if isinstance(error, Lost):
            return False
        if error is None:
            self.report("passed")
        elif isinstance(error, AssertionError):
            self.report("failed", str(error))
        else:
            self.report("raised", f"{type(error).__name__}: {error}")
        return True


class _Parts(ast.NodeTransformer):
    """Puts every asserting statement of a test into `with __part__:`."""

    def __init__(self) -> None:
        self.count = 0

    def wrap(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        return [self._wrapped(statement) for statement in statements]

    def _wrapped(self, statement: ast.stmt) -> ast.stmt:
        if isinstance(statement, ast.FunctionDef):
            if statement.name == "check":
                statement.body = self.wrap(statement.body)
            return statement
        if isinstance(statement, ast.ClassDef) or not any(isinstance(node, ast.Assert) for node in ast.walk(statement)):
            return statement
        self.count += 1
        part = ast.withitem(ast.Name("__part__", ast.Load()))
        return ast.copy_location(ast.With([part], [statement]), statement)


def _prepare(test: str, number: int) -> CodeType:
    tree = ast.parse(test)
    parts = _Parts()
    tree.body = parts.wrap(tree.body)
    if not parts.count:  # asserts elsewhere, or raises: the whole test is one part
        tree.body = [ast.With([ast.withitem(ast.Name("__part__", ast.Load()))], tree.body or [ast.Pass()])]
    return compile(ast.fix_missing_locations(tree), f"test {number}", "exec")


def serve(code: CodeType, files: dict[str, bytes], first_channel: int) -> None:
    """`code`: what the problem gives; files["tests.json"]: {"tests": [...], "before": code, "entry_point": name}."""
    task = json.loads(files["tests.json"])
    outcomes = Outcomes(Frames(first_channel, first_channel + 2))
    link = Link(Frames(first_channel, first_channel + 1))
    given = new_module("given", code).__dict__
    exec(code, given)
    try:
        link.hear_names()
        _run_tests(task, link, given, outcomes)
    except Lost:
        outcomes.report("lost")
        os._exit(0)
    outcomes.report("complete")


def _run_tests(task: dict[str, Any], link: Link, given: dict[str, Any], outcomes: Outcomes) -> None:
    entry = task["entry_point"]
    tested: dict[str, Any] = {}
    if entry is not None:
        with suppress(KeyError):
            tested = dict.fromkeys((entry, "candidate"), link.find(entry))
        if not isinstance(tested.get(entry), Remote):
            outcomes.report("failed", f"the program defines no function {entry}")
            return
    common = {**given, **tested, "__part__": outcomes}
    before = compile(task["before"], "before", "exec")
    tests = [_prepare(test, number) for number, test in enumerate(task["tests"], 1)]
    try:
        _execute(before, common, link)
        for test in tests:
            _execute(test, dict(common), link)
    except Exception as error:
        outcomes.report("raised", f"{type(error).__name__}: {error}")


def _execute(code: CodeType, namespace: dict[str, Any], link: Link) -> None:
    """Runs `code`, which may use Python's own modules without importing them, and what the program defines.

    The program must not lend a test its own `abs` or `math`.
    """
    for name in sorted(_names(code) - namespace.keys()):
        if name in sys.stdlib_module_names:
            namespace[name] = importlib.import_module(name)
        elif not hasattr(builtins, name):
            with suppress(KeyError):
                namespace[name] = link.find(name)
    exec(code, namespace)


def _names(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*(_names(item) for item in inner))
