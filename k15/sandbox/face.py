"""The face of a sandbox, whichever it is: the pool of this process (`pool`), or that of a service (`remote`)."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from k15.sandbox.types import FunctionResult, Limits, Program, Result


class AnySandbox(ABC):
    """Safe to use from threads. What the sandbox itself could not do is an `infrastructure_error`, after several tries;
    what the caller must mend is a `UserError`."""

    slots: int
    """How many programs run at once for this caller."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Ends it once its runs are over."""

    @abstractmethod
    def build(self, language: str, source: str | bytes) -> Program | Result:
        """A program that can be run; a `Result` with its compile error, or with an infrastructure error.

        Programs that were built lately are kept. Scripts are taken as they are: their errors show when they run.
        """

    @abstractmethod
    def run_program(
        self,
        program: Program,
        *,
        stdin: str | bytes = b"",
        args: Sequence[str] = (),
        files: Mapping[str, bytes] | None = None,
        limits: Limits | None = None,
    ) -> Result:
        """Runs it once. `files` lie beside it in its working directory."""

    @abstractmethod
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

    def prepare(self, language: str, source: str | bytes) -> Program | Result:
        """What `run` runs: like `build`, which a service does by itself when it is asked to run."""
        return self.build(language, source)

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
        """Builds a program and runs it once."""
        built = self.prepare(language, source)
        if isinstance(built, Result):
            return built
        return self.run_program(built, stdin=stdin, args=args, files=files, limits=limits)

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
