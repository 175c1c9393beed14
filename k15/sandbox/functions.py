"""Function tests: the program in one box, the tests in another, pipes between them."""

import json
import os
from dataclasses import dataclass, field, replace
from typing import Any

from k15.sandbox.box import Box, Order, Run, drive, pack, sealed
from k15.sandbox.languages import ENVIRONMENT
from k15.sandbox.types import FunctionResult, Limits, Part, Result

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

    def failed(self, why: str) -> FunctionResult:
        return FunctionResult("infrastructure_error", (), Result("infrastructure_error", why=why), why)

    def run(self, program_box: Box, judge_box: Box) -> FunctionResult:
        # program → judge and judge → program, then the judge's news to this process
        to_judge, to_program, news = os.pipe2(os.O_CLOEXEC), os.pipe2(os.O_CLOEXEC), os.pipe2(os.O_CLOEXEC)
        empty = sealed(b"", "empty")
        opened = {*to_judge, *to_program, *news, empty}
        try:
            program = self._start(program_box, "candidate", self._program_files(), empty, (to_program[0], to_judge[1]))
            channels = (to_judge[0], to_program[1], news[1])
            judge = self._start(judge_box, "judge", self._judge_files(), empty, channels)
            for descriptor in (*to_judge, *to_program, news[1]):
                os.close(descriptor)
                opened.discard(descriptor)
            told = _News(news[0])
            drive([program, judge], {news[0]: told.hear})
            while told.hear():
                pass
            return self._verdict(program.result(), judge.result(), told.messages())
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _start(self, box: Box, mode: str, files: list[tuple[str, bytes]], empty: int, channels: tuple[int, ...]) -> Run:
        payload = sealed(pack(files, [files[0][0]]), "payload")
        try:
            order = Order(mode, self.limits, environment=ENVIRONMENT)
            return Run(box, order, payload, empty, channels)
        finally:
            os.close(payload)

    def _program_files(self) -> list[tuple[str, bytes]]:
        return [("solution.py", self.source.encode(errors="surrogatepass"))]

    def _judge_files(self) -> list[tuple[str, bytes]]:
        task = {"tests": self.tests, "before": self.before, "entry_point": self.entry_point}
        return [("given.py", self.given.encode(errors="surrogatepass")), ("tests.json", json.dumps(task).encode())]

    def _verdict(self, program: Result, judge: Result, messages: list[dict[str, Any]]) -> FunctionResult:
        parts = tuple(
            Part(message["outcome"] == "passed", message["why"] if message["outcome"] != "passed" else "")
            for message in messages
            if message["outcome"] in ("passed", "failed", "raised")
        )
        ending = messages[-1]["outcome"] if messages else ""
        if program.status == "infrastructure_error":
            return self.failed(program.why)
        if ending == "complete" and parts:
            wrong = next((part for part in parts if not part.passed), None)
            if wrong is None:
                return FunctionResult("ok", parts, program, f"{len(parts)} parts passed")
            return FunctionResult("wrong_answer", parts, program, wrong.why or "an assertion does not hold")
        if program.status != "ok":
            return FunctionResult(program.status, parts, program, program.why)
        if judge.status in ("cpu_limit", "memory_limit"):
            why = f"the tests, with what the program gave them: {judge.why}"
            return FunctionResult(judge.status, parts, replace(program, status=judge.status, why=why), why)
        if ending == "lost":
            ended = replace(program, status="runtime_error", why="the program ended before its tests did")
            return FunctionResult("runtime_error", parts, ended, ended.why)
        why = f"the tests could not be run ({judge.status}: {judge.why})"
        return FunctionResult("infrastructure_error", parts, judge, why)
