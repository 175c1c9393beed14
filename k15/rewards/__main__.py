"""`python -m k15.rewards score FILE.jsonl`: a verdict a line for a response a line.

Lines keep their order and are judged in batches, so memory does not grow with the file. The output file is written
beside its place and renamed at the end: it is whole or not there. A line that cannot be judged ends the run with
one line that names it.
"""

import argparse
import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, TextIO

from k15.errors import UserError
from k15.rewards.extraction import Mode
from k15.rewards.verdict import Verdict
from k15.rewards.verifiers import known, score, score_batch

BATCH = 256
ERRORS_LEFT = 3
EPILOG = """Each line holds `id`, `verifier`, `response` and what the verifier needs (`answer`, which may be a list of
accepted ones; `tolerance`, `threshold`, `tests`). Each line written holds `id`, `verdict` (correct, wrong or error),
`reward` (null for an error), `why` and `cpu_s`. Exit code 0: all judged; 3: all written, but some ended in an error
after a second try; 2: a line that cannot be judged, or a file that cannot be read or written."""


@dataclass(frozen=True)
class Line:
    number: int
    record: dict[str, Any]

    def error(self, what: object) -> UserError:
        return UserError(f"line {self.number}: {what}")


def lines_of(file: IO[bytes]) -> Iterator[Line]:
    for number, text in enumerate(file, 1):
        if text.strip():
            yield _parsed(number, text)


def _parsed(number: int, text: bytes) -> Line:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"line {number}: not JSON in UTF-8 ({error!s:.80}); mend it") from None
    if not isinstance(record, dict):
        raise UserError(f"line {number}: must be an object with id, verifier and response; mend it")
    line = Line(number, record)
    for field, kinds in (("id", (str, int)), ("verifier", (str,)), ("response", (str,))):
        if not isinstance(record.get(field), kinds) or isinstance(record[field], bool):
            raise line.error(f"field {field!r} is missing or no {kinds[0].__name__}; mend it")
    try:
        known(record["verifier"])
    except UserError as error:
        raise line.error(error) from None
    return line


def judged(lines: Iterator[Line], mode: Mode) -> Iterator[tuple[Line, Verdict]]:
    while batch := list(islice(lines, BATCH)):
        try:
            verdicts = score_batch(
                [line.record for line in batch], [line.record["response"] for line in batch], mode=mode
            )
        except UserError:
            raise _blamed(batch, mode) from None
        yield from zip(batch, verdicts, strict=True)


def _blamed(batch: list[Line], mode: Mode) -> UserError:
    """The first line of a batch that cannot be judged by itself either."""
    for line in batch:
        try:
            score(line.record, line.record["response"], mode=mode)
        except UserError as error:
            return line.error(error)
    return UserError(f"lines {batch[0].number} to {batch[-1].number} cannot be judged together; try again")


def written(line: Line, verdict: Verdict) -> str:
    reward = None if math.isnan(verdict.reward) else verdict.reward
    row = {"id": line.record["id"], "verdict": verdict.verdict, "reward": reward, "why": verdict.why}
    return json.dumps({**row, "cpu_s": round(verdict.cpu_s, 6)})


@contextmanager
def _source(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open(name, "rb")  # noqa: SIM115
    except OSError as error:
        raise UserError(f"{name}: {error.strerror}; name a file that can be read, or -") from None
    with file:
        yield file


@contextmanager
def _target(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            yield file
        beside.replace(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; name a file that can be written") from None
    finally:
        beside.unlink(missing_ok=True)


def run(source: str, mode: Mode, output: Path | None) -> int:
    errors = 0
    with _source(source) as file, _target(output) as target:
        for line, verdict in judged(lines_of(file), mode):
            errors += verdict.verdict == "error"
            target.write(written(line, verdict) + "\n")
        target.flush()
    if errors:
        print(f"rewards: {errors} responses without a verdict; see their why", file=sys.stderr)
    return ERRORS_LEFT if errors else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m k15.rewards", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="score")
    command = commands.add_parser("score", help="judge the responses of a JSON Lines file", epilog=EPILOG)
    command.add_argument(
        "file", metavar="FILE.jsonl", help="responses with their problem records; - reads them from stdin"
    )
    command.add_argument(
        "--mode", choices=["rl", "eval"], default="rl", help="rl: boxed answers only (default); eval: wider"
    )
    command.add_argument("--output", type=Path, help="where to write the verdicts (default: stdout)")
    options = parser.parse_args(arguments)
    try:
        return run(options.file, options.mode, options.output)
    except BrokenPipeError:  # whoever read stdout has left; what Python flushes at exit must not complain again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except UserError as error:
        print(f"rewards: error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
