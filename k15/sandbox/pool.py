"""The sandbox: a pool of boxes, one to a core, which runs untrusted programs.

Guarantees: a run sees nothing of the machine or of another run and leaves nothing behind; its verdict does not
depend on what else is running (limits count CPU time and sleep, each box has a core of its own, no more runs at once
than boxes); a failure of the sandbox is never a verdict about the program: it is tried again on a new box and, if that
does not help, returned as `infrastructure_error`. What is promised, and what not: docs/sandbox.md.
"""

import hashlib
import os
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from k15.errors import UserError
from k15.sandbox import cgroups, functions, layers
from k15.sandbox.box import BoxError, pack, sealed
from k15.sandbox.face import AnySandbox
from k15.sandbox.inputs import check_inputs
from k15.sandbox.languages import ENVIRONMENT, Language, language_named, take_pages
from k15.sandbox.runs import Order, Run, drive
from k15.sandbox.slots import Slot
from k15.sandbox.types import COMPILE_LIMITS, FunctionResult, Limits, Program, Result, one_line

T = TypeVar("T", Result, FunctionResult)

ATTEMPTS = 3
_KEPT_BYTES = 256 << 20
"""Of compiled programs."""
_LARGEST_INPUT_BYTES = 256 << 20


class Sandbox(AnySandbox):
    """`slots`: how many programs run at once (default: one to a core). `allow_missing`: layers of isolation to do
    without where the machine lacks them; anything else that is missing is a `UserError`. Safe to use from threads, not
    from forked processes."""

    def __init__(self, slots: int | None = None, *, allow_missing: Sequence[str] = ()) -> None:
        cores = sorted(os.sched_getaffinity(0))
        self.slots = len(cores) if slots is None else slots
        if self.slots < 1:
            raise UserError(f"a sandbox needs at least one slot (got {slots})")
        self.layout = layers.require(allow_missing)
        if self.layout:
            cgroups.sweep(self.layout)
        self._owner = os.getpid()
        self._idle: queue.LifoQueue[Slot | None] = queue.LifoQueue()
        for number in reversed(range(self.slots)):
            self._idle.put(Slot(cores[number % len(cores)], self.layout))
        self._programs: OrderedDict[str, Program | Result] = OrderedDict()
        self._kept_bytes = 0
        self._programs_lock = threading.Lock()
        self._all_lock = threading.Lock()
        """Held by whoever takes all slots."""
        self._closed = False

    def start(self) -> None:
        """Starts every box now, so that the first runs do not wait for it."""
        with self._all_lock, self._slots() as slots:
            try:
                with ThreadPoolExecutor(self.slots) as threads:
                    list(threads.map(lambda slot: slot.box("program"), slots))
            except (BoxError, OSError) as error:
                raise UserError(f"the sandbox cannot start: {error}") from None

    def build(self, language: str, source: str | bytes) -> Program | Result:
        entry = language_named(language)
        content = _bytes(source)
        if not entry.compile:
            return Program(entry.name, {entry.source: content})
        key = hashlib.sha256(entry.name.encode() + b"\0" + content).hexdigest()
        with self._programs_lock:
            if key in self._programs:
                self._programs.move_to_end(key)
                return self._programs[key]
        built = self._compile(entry, content)
        if isinstance(built, Program) or built.status != "infrastructure_error":
            self._keep(key, built)
        return built

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
        allowed, beside, given = limits or Limits(), dict(files or {}), _bytes(stdin)
        check_inputs(beside, program.files, args, allowed)
        size = sum(map(len, program.files.values()))
        if size > allowed.disk_mib << 20:
            why = f"a program of {size >> 20} MiB does not fit on its disk of {allowed.disk_mib} MiB"
            return Result("memory_limit", why=why)
        take_pages(entry)
        order = Order("execute" if entry.run else "python", allowed, entry.run, {**ENVIRONMENT, **entry.environment})
        arguments = args if entry.run else [entry.source, *args]
        return self._run(order, pack([*beside.items(), *program.files.items()], arguments), given)[0]

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
        test = functions.FunctionTest(source, tuple(tests), entry_point, given, before, limits or Limits())

        def once(slot: Slot) -> FunctionResult:
            return test.run(slot.box("program"), slot.box("judge"))

        return self._persist(once, functions.failed)

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

    def _keep(self, key: str, built: Program | Result) -> None:
        with self._programs_lock:
            self._programs[key] = built
            self._kept_bytes += _size(built)
            while self._kept_bytes > _KEPT_BYTES:
                self._kept_bytes -= _size(self._programs.popitem(last=False)[1])

    def _run(self, order: Order, payload: bytes, stdin: bytes) -> tuple[Result, dict[str, bytes]]:
        if len(payload) + len(stdin) > _LARGEST_INPUT_BYTES:
            raise UserError(f"a program with its input has more than {_LARGEST_INPUT_BYTES >> 20} MiB; make it smaller")
        outputs: dict[str, bytes] = {}

        def once(slot: Slot) -> Result:
            with _descriptor(payload, "payload") as packed, _descriptor(stdin, "stdin") as given:
                run = Run(slot.box("program"), order)
                try:
                    run.start(packed, given)
                except BaseException:
                    run.finish()
                    raise
            drive([run])
            outputs.update(run.outputs)
            return run.result()

        return self._persist(once, lambda why: Result("infrastructure_error", why=one_line(why))), outputs

    def _persist(self, once: Callable[[Slot], T], failed: Callable[[str], T]) -> T:
        """The first result that is a verdict. After one that is none the slot's boxes are new."""
        result = failed("it was never tried")
        for _ in range(ATTEMPTS):
            with self._slot() as slot:
                try:
                    result = once(slot)
                except UserError:
                    raise
                except Exception as error:
                    result = failed(f"{type(error).__name__}: {error}")
                if result.status != "infrastructure_error":
                    return result
                slot.close()
        return result

    @contextmanager
    def _slot(self) -> Iterator[Slot]:
        if self._owner != os.getpid():
            raise RuntimeError("a sandbox belongs to the process that made it; make another in this one")
        slot = self._idle.get()
        if slot is None:
            self._idle.put(None)  # for whoever else waits
            raise RuntimeError("the sandbox is closed")
        try:
            yield slot
        finally:
            self._idle.put(slot)

    @contextmanager
    def _slots(self) -> Iterator[list[Slot]]:
        """All of them, once nothing runs any more."""
        taken: list[Slot] = []
        try:
            while len(taken) < self.slots:
                slot = self._idle.get()
                if slot is None:
                    self._idle.put(None)
                    raise RuntimeError("the sandbox is closed")
                taken.append(slot)
            yield taken
        finally:
            for slot in taken:
                self._idle.put(slot)

    def close(self) -> None:
        """Ends the boxes once their runs are over, and removes their cgroups."""
        if self._owner != os.getpid():
            return
        with self._all_lock:
            if self._closed:
                return
            self._closed = True
            for _ in range(self.slots):
                slot = self._idle.get()
                if slot is not None:
                    slot.close()
            self._idle.put(None)


def _compiler_says(result: Result) -> str:
    lines = result.stderr.decode(errors="replace").splitlines()
    if result.status != "runtime_error":
        return f"the compiler: {result.why}"
    return one_line(next((line for line in lines if "error" in line.lower()), result.why))


def _bytes(text: str | bytes) -> bytes:
    return text.encode(errors="surrogatepass") if isinstance(text, str) else text


def _size(built: Program | Result) -> int:
    return sum(map(len, built.files.values())) if isinstance(built, Program) else len(built.stderr)


@contextmanager
def _descriptor(content: bytes, name: str) -> Iterator[int]:
    descriptor = sealed(content, name)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
