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
from collections.abc import Iterator
from types import CodeType, TracebackType
from typing import Any

from .codec import Frames, Lost, decode, encode
from .interpreter import new_module

_MOST_REPORTED = 300


class Remote:
    """A function, class or object of the tested program."""

    def __init__(self, link: "Link", number: int) -> None:
        self.__dict__.update(_link=link, _number=number)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._link.request(self._number, "call", arguments, named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._link.request(self._number, "getattr", (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        self._link.request(self._number, "setattr", (name, value))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._link.request(self._number, "iterate"))

    def __getitem__(self, key: Any) -> Any:
        return self._link.request(self._number, "getitem", (key,))

    def __len__(self) -> int:
        return int(self._link.request(self._number, "len"))

    def __str__(self) -> str:
        return str(self._link.request(self._number, "str"))

    def __repr__(self) -> str:
        return str(self._link.request(self._number, "repr"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and other._number == self._number

    def __hash__(self) -> int:
        return hash(self._number)


class Link:
    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.proxies: dict[int, Remote] = {}

    def resolve(self, number: int) -> Remote:
        return self.proxies.setdefault(number, Remote(self, number))

    def decode(self, message: Any) -> Any:
        return decode(message, self.resolve)

    def names(self) -> dict[str, Any]:
        """What the program defines; it says so once, when it is loaded."""
        try:
            return {name: self.decode(message) for name, message in self.frames.receive().items()}
        except Exception:
            raise Lost from None  # the program wrote to the channel itself

    def request(self, number: int, operation: str, arguments: tuple[Any, ...] = (), named: Any = None) -> Any:
        encoded = [encode(argument, _handle) for argument in arguments]
        message = {"target": number, "operation": operation, "arguments": encoded}
        self.frames.send({**message, "named": {name: encode(item, _handle) for name, item in (named or {}).items()}})
        try:
            reply = self.frames.receive()
            if "raise" in reply:
                error = _exception(*reply["raise"])
            else:
                for index, after in reply.get("changed", ()):
                    _assign(arguments[index], self.decode(after))
                return self.decode(reply["value"])
        except Exception:
            raise Lost from None  # no reply of ours: the program wrote to the channel itself
        raise error


def _handle(value: Any) -> Any:
    if isinstance(value, Remote):
        return {"handle": value._number}
    raise TypeError(f"a {type(value).__name__} cannot be passed to the tested program")


def _exception(name: str, message: str) -> Exception:
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(message)
        except TypeError:  # UnicodeDecodeError and the like want more
            pass
    return RuntimeError(f"{name}: {message}")


def _assign(target: Any, value: Any) -> None:
    """The tested function changed its argument in place."""
    if isinstance(target, list | bytearray):
        target[:] = value
    else:
        target.clear()
        target.update(value)


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
        found = link.names()
        _run_tests(task, found, given, outcomes)
    except Lost:
        outcomes.report("lost")
        os._exit(0)
    outcomes.report("complete")


def _run_tests(task: dict[str, Any], found: dict[str, Any], given: dict[str, Any], outcomes: Outcomes) -> None:
    entry = task["entry_point"]
    if entry is not None and not isinstance(found.get(entry), Remote):
        outcomes.report("failed", f"the program defines no function {entry}")
        return
    tested = {entry: found[entry], "candidate": found[entry]} if entry is not None else {}
    # The tested program must not lend a test its own `abs` or `math`.
    helpers = {name: value for name, value in found.items() if not _belongs_to_python(name)}
    common = {**helpers, **given, **tested, "__part__": outcomes}
    before = compile(task["before"], "before", "exec")
    tests = [_prepare(test, number) for number, test in enumerate(task["tests"], 1)]
    try:
        _execute(before, common)
        for test in tests:
            _execute(test, dict(common))
    except Exception as error:
        outcomes.report("raised", f"{type(error).__name__}: {error}")


def _execute(code: CodeType, namespace: dict[str, Any]) -> None:
    """Runs `code`, which may use Python's own modules without importing them."""
    for name in _names(code):
        if name not in namespace and name in sys.stdlib_module_names:
            namespace[name] = importlib.import_module(name)
    exec(code, namespace)


def _belongs_to_python(name: str) -> bool:
    return hasattr(builtins, name) or name in sys.stdlib_module_names


def _names(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*(_names(item) for item in inner))
