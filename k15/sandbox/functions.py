"""Function tests: the program in one box, the tests in another, pipes between them."""

import json
import os
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from k15.sandbox.box import Box, pack, sealed
from k15.sandbox.languages import ENVIRONMENT
from k15.sandbox.runs import Order, Run, drive
from k15.sandbox.types import FunctionResult, Limits, Part, Result, one_line

_LARGEST_NEWS = 16 << 20


@dataclass
class _News:
    """What the judge tells while it judges: one JSON message a part."""

    descriptor: int
    content: bytearray = field(default_factory=bytearray)

    def hear(self) -> bool:
        chunk = os.read(self.descriptor, 1 << 16)
        self.content += chunk
        return bool(chunk) and len(self.content) < _LARGEST_NEWS

    def messages(self) -> list[dict[str, Any]]:
        found, position = [], 0
        while position + 4 <= len(self.content):
            size = int.from_bytes(self.content[position : position + 4], "little")
            position += 4
            if position + size > len(self.content):
                break
            found.append(json.loads(self.content[position : position + size]))
            position += size
        return found


@dataclass(frozen=True)
class FunctionTest:
    source: str
    tests: tuple[str, ...]
    entry_point: str | None
    given: str
    before: str
    limits: Limits

    def files(self) -> tuple[list[tuple[str, bytes]], list[tuple[str, bytes]]]:
        """Of the program's box, and of the judge's."""
        task = {"tests": self.tests, "before": self.before, "entry_point": self.entry_point}
        program = [("solution.py", self.source.encode(errors="surrogatepass"))]
        given = ("given.py", self.given.encode(errors="surrogatepass"))
        return program, [given, ("tests.json", json.dumps(task).encode())]

    def run(self, program_box: Box, judge_box: Box) -> FunctionResult:
        with ExitStack() as kept, ExitStack() as given:
            payloads = [_owned(given, sealed(pack(files, [files[0][0]]), "payload")) for files in self.files()]
            empty = _owned(given, sealed(b"", "empty"))
            to_judge, to_program, news = _pipe(given, given), _pipe(given, given), _pipe(kept, given)
            program = Run(program_box, Order("candidate", self.limits, environment=ENVIRONMENT))
            judge = Run(judge_box, Order("judge", self.limits, environment=ENVIRONMENT))
            try:
                program.start(payloads[0], empty, (to_program[0], to_judge[1]), judge_box.group)
                judge.start(payloads[1], empty, (to_judge[0], to_program[1], news[1]), program_box.group)
            except BaseException:
                program.finish()
                judge.finish()
                raise
            given.close()
            told = _News(news[0])
            drive([program, judge], {news[0]: told.hear})
            while told.hear():
                pass
            return _verdict(program.result(), judge.result(), told.messages())


def _owned(owner: ExitStack, descriptor: int) -> int:
    owner.callback(os.close, descriptor)
    return descriptor


def _pipe(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    """A pipe whose ends belong to these."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    return _owned(reader, reading), _owned(writer, writing)


def failed(why: str) -> FunctionResult:
    """No verdict."""
    return FunctionResult("infrastructure_error", (), Result("infrastructure_error", why=one_line(why)), one_line(why))


def _verdict(program: Result, judge: Result, messages: list[dict[str, Any]]) -> FunctionResult:
    parts = tuple(
        Part(message["outcome"] == "passed", "" if message["outcome"] == "passed" else one_line(message["why"]))
        for message in messages
        if message["outcome"] in ("passed", "failed", "raised")
    )
    ending = messages[-1]["outcome"] if messages else ""
    if program.status == "infrastructure_error":
        return failed(program.why)
    if ending == "complete" and parts:
        wrong = next((part for part in parts if not part.passed), None)
        if wrong is None:
            return FunctionResult("ok", parts, program, f"{len(parts)} parts passed")
        return FunctionResult("wrong_answer", parts, program, wrong.why or "an assertion does not hold")
    if program.status != "ok":
        return FunctionResult(program.status, parts, program, program.why)
    if judge.status in ("cpu_limit", "memory_limit", "wall_limit"):
        why = f"the tests, with what the program gave them: {judge.why}"
        return FunctionResult(judge.status, parts, replace(program, status=judge.status, why=why), why)
    if ending == "lost":
        ended = replace(program, status="runtime_error", why="the program ended before its tests did")
        return FunctionResult("runtime_error", parts, ended, ended.why)
    why = one_line(f"the tests could not be run ({judge.status}: {judge.why})")
    return FunctionResult("infrastructure_error", parts, judge, why)
