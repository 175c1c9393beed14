"""The sandbox: a pool of boxes, one to a core, which runs untrusted programs.

Guarantees: a run sees nothing of the machine or of another run and leaves nothing behind; its verdict does
not depend on what else is running (limits count CPU time, each box has a core of its own, no more runs at once
than boxes); a failure of the sandbox is never a verdict about the program: it is tried again on a new box and, if that
does not help, returned as `infrastructure_error`. What is promised, and what not: docs/sandbox.md.
"""

import hashlib
import itertools
import os
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from k15.errors import UserError
from k15.sandbox import cgroups, functions, layers
from k15.sandbox.box import Box, BoxError, Order, Run, drive, pack, sealed
from k15.sandbox.languages import ENVIRONMENT, Language, language_named
from k15.sandbox.types import COMPILE_LIMITS, FunctionResult, Limits, Program, Result, one_line

T = TypeVar("T")

ATTEMPTS = 3
_PROGRAMS_KEPT = 256
_LARGEST_INPUT_BYTES = 256 << 20


_numbers = itertools.count()
"""Of all boxes of this process: their cgroups and user ids differ, whichever pool they belong to."""


class Slot:
    """A core with its box, and the box of the judge of function tests, each started on first use."""

    def __init__(self, core: int, layout: cgroups.Layout | None) -> None:
        self.core = core
        self.layout = layout
        self._boxes: dict[str, Box] = {}

    def box(self, role: str) -> Box:
        """The box named `role` ("program" or "judge"); a new one where the last has ended."""
        box = self._boxes.get(role)
        if box is None or not box.alive:
            if box is not None:
                _dispose(box)
            box = self._boxes[role] = self._start()
        return box

    def _start(self) -> Box:
        number = next(_numbers)
        group = cgroups.BoxGroup.create(self.layout, str(number)) if self.layout else None
        try:
            return Box(number, self.core, group)
        except BaseException:
            if group:
                group.remove()
            raise

    def close(self) -> None:
        for box in self._boxes.values():
            _dispose(box)
        self._boxes.clear()


def _dispose(box: Box) -> None:
    box.close()
    if box.group:
        box.group.remove()


class Sandbox:
    """`slots`: how many programs run at once (default: one to a core). `allow_missing`: layers of isolation to do
    without where the machine lacks them; anything else that is missing is a `UserError`. Safe to use from threads."""

    def __init__(self, slots: int | None = None, *, allow_missing: Sequence[str] = ()) -> None:
        cores = sorted(os.sched_getaffinity(0))
        self.slots = slots or len(cores)
        self.layout = layers.require(allow_missing)
        if self.layout:
            cgroups.sweep(self.layout)
        self._idle: queue.LifoQueue[Slot] = queue.LifoQueue()
        self._all = [Slot(cores[number % len(cores)], self.layout) for number in range(self.slots)]
        for slot in reversed(self._all):
            self._idle.put(slot)
        self._programs: OrderedDict[str, Program | Result] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Starts every box now, so that the first runs do not wait for it."""
        slots = [self._idle.get() for _ in self._all]
        try:
            with ThreadPoolExecutor(self.slots) as threads:
                list(threads.map(lambda slot: slot.box("program"), slots))
        except BoxError as error:
            raise UserError(f"the sandbox cannot start: {error}") from None
        finally:
            for slot in slots:
                self._idle.put(slot)

    def build(self, language: str, source: str | bytes) -> Program | Result:
        """A program that can be run; a `Result` with its compile error, or with an infrastructure error.

        Programs that were built lately are kept. Scripts are taken as they are: their errors show when they run.
        """
        entry = language_named(language)
        content = source.encode(errors="surrogatepass") if isinstance(source, str) else source
        if not entry.compile:
            return Program(entry.name, {entry.source: content})
        key = hashlib.sha256(entry.name.encode() + b"\0" + content).hexdigest()
        with self._lock:
            if key in self._programs:
                self._programs.move_to_end(key)
                return self._programs[key]
        built = self._compile(entry, content)
        if isinstance(built, Program) or built.status != "infrastructure_error":
            with self._lock:
                self._programs[key] = built
                while len(self._programs) > _PROGRAMS_KEPT:
                    self._programs.popitem(last=False)
        return built

    def run(
        self,
        language: str,
        source: str | bytes,
        *,
        stdin: str | bytes = b"",
        args: Sequence[str] = (),
        files: Mapping[str, bytes] | None = None,
        limits: Limits | None = None,
    ) -> Result:
        """Builds a program and runs it once. `files` lie beside it in its working directory."""
        built = self.build(language, source)
        if isinstance(built, Result):
            return built
        return self.run_program(built, stdin=stdin, args=args, files=files, limits=limits)

    def run_program(
        self,
        program: Program,
        *,
        stdin: str | bytes = b"",
        args: Sequence[str] = (),
        files: Mapping[str, bytes] | None = None,
        limits: Limits | None = None,
    ) -> Result:
        entry = language_named(program.language)
        allowed = limits or Limits()
        every = {**(files or {}), **program.files}
        _check(every, args, allowed)
        order = Order("execute" if entry.run else "python", allowed, entry.run, {**ENVIRONMENT, **entry.environment})
        arguments = args if entry.run else [entry.source, *args]
        return self._run(order, pack(list(every.items()), arguments), _bytes(stdin))[0]

    def run_many(
        self,
        program: Program,
        inputs: Sequence[str | bytes],
        *,
        limits: Limits | None = None,
        args: Sequence[Sequence[str]] | None = None,
    ) -> list[Result]:
        """One run for each input, in their order, over all slots. `args`: each run's arguments, one list a run."""
        arguments = args if args is not None else [()] * len(inputs)

        def one(index: int) -> Result:
            return self.run_program(program, stdin=inputs[index], args=arguments[index], limits=limits)

        with ThreadPoolExecutor(self.slots) as threads:
            return list(threads.map(one, range(len(inputs))))

    def test_functions(
        self,
        source: str,
        tests: Sequence[str],
        *,
        entry_point: str | None = None,
        given: str = "",
        before: str = "",
        limits: Limits | None = None,
    ) -> FunctionResult:
        """Runs Python tests against the functions of a Python program.

        The program and the tests run in two boxes; between them go calls and plain values only. `entry_point`: the
        function that tests know as `candidate`, too. `given`: code of the problem, which the tests use and the
        program cannot replace. `before`: code that runs before the tests and may use the program.
        """
        test = functions.FunctionTest(source, tuple(tests), entry_point, given, before, limits or Limits())
        result = test.failed("the sandbox was not asked")
        for _ in range(ATTEMPTS):
            with self._slot() as slot:
                result = self._attempt(partial(_test_once, slot, test), test.failed)
            if result.status != "infrastructure_error" or result.parts:
                break
        return result

    def _compile(self, entry: Language, source: bytes) -> Program | Result:
        environment = {**ENVIRONMENT, **entry.environment}
        order = Order("execute", COMPILE_LIMITS, entry.compile, environment, entry.outputs)
        result, outputs = self._run(order, pack([(entry.source, source)]), b"")
        if result.status == "ok" and outputs:
            return Program(entry.name, outputs)
        if result.status == "infrastructure_error":
            return result
        why = "the compiler made no program" if result.status == "ok" else _compiler_says(result)
        return Result("compile_error", result.exit_code, stderr=result.stderr, cpu_s=result.cpu_s, why=why)

    def _run(self, order: Order, payload: bytes, stdin: bytes) -> tuple[Result, dict[str, bytes]]:
        if len(payload) + len(stdin) > _LARGEST_INPUT_BYTES:
            raise UserError(f"a program with its input has more than {_LARGEST_INPUT_BYTES >> 20} MiB; make it smaller")
        outcome: tuple[Result, dict[str, bytes]] = (Result("infrastructure_error"), {})
        with _descriptor(payload, "payload") as packed:
            for _ in range(ATTEMPTS):
                with self._slot() as slot, _descriptor(stdin, "stdin") as given:
                    outcome = self._attempt(lambda: _run_once(slot.box("program"), order, packed, given), _no_run)
                if outcome[0].status != "infrastructure_error":
                    break
        return outcome

    def _attempt(self, action: Callable[[], T], failed: Callable[[str], T]) -> T:
        try:
            return action()
        except (BoxError, OSError) as error:
            return failed(str(error))

    @contextmanager
    def _slot(self) -> Iterator[Slot]:
        if self._closed:
            raise RuntimeError("the sandbox is closed")
        slot = self._idle.get()
        try:
            yield slot
        finally:
            self._idle.put(slot)

    def close(self) -> None:
        """Ends the boxes once their runs are over, and removes their cgroups."""
        if not self._closed:
            self._closed = True
            for slot in [self._idle.get() for _ in self._all]:
                slot.close()


def _run_once(box: Box, order: Order, payload: int, stdin: int) -> tuple[Result, dict[str, bytes]]:
    run = Run(box, order, payload, stdin)
    drive([run])
    return run.result(), run.outputs


def _test_once(slot: Slot, test: functions.FunctionTest) -> FunctionResult:
    return test.run(slot.box("program"), slot.box("judge"))


def _no_run(why: str) -> tuple[Result, dict[str, bytes]]:
    return Result("infrastructure_error", why=why), {}


def _compiler_says(result: Result) -> str:
    lines = result.stderr.decode(errors="replace").splitlines()
    if result.status != "runtime_error":
        return f"the compiler: {result.why}"
    return one_line(next((line for line in lines if "error" in line.lower()), result.why))


def _check(files: Mapping[str, bytes], arguments: Sequence[str], limits: Limits) -> None:
    if any("\0" in argument for argument in arguments):
        raise UserError("an argument of a program holds a null character; leave it out")
    size = sum(map(len, files.values()))
    if size > limits.disk_mib << 20:
        raise UserError(f"a program of {size >> 20} MiB does not fit in disk_mib={limits.disk_mib}; raise it")
    for name in files:
        if not name or name.startswith("/") or ".." in name.split("/") or "\0" in name:
            raise UserError(f"{name!r} is no name for a file of a program; use a relative path")


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


@contextmanager
def _descriptor(content: bytes, name: str) -> Iterator[int]:
    descriptor = sealed(content, name)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
