"""Test cases for code problems of one's own, with the yield table beside the paper's.

    python -m k15.testcases PACKAGES --generators DIRECTORY --out DIRECTORY

PACKAGES is a problem package, a directory of packages, or a JSONL or Parquet file of problems. Generators come with
the problems or from `--generators`; those that a model writes need the stage `prompts` (`prompts.test_cases`).
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from k15.artifacts import Producer, write_dataset
from k15.errors import UserError
from k15.progress import Progress
from k15.sandbox import shared_sandbox
from k15.testcases import yields
from k15.testcases.funnel import table
from k15.testcases.judge import Judged, judge_problems
from k15.testcases.params import CaseParams, RunLimits
from k15.testcases.sources import load_problems, unique


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    try:
        _run(options)
        return 0
    except UserError as error:
        print(f"k15 testcases: error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m k15.testcases", description="The rules of §2.3.5.")
    parser.add_argument("path", type=Path, help="packages, or a JSONL or Parquet file of problems")
    parser.add_argument("--generators", type=Path, help="directory of generators, <problem>.py")
    parser.add_argument("--out", type=Path, help="directory for the datasets cases and problems")
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--agree", type=float, default=0.7, help="share that must agree on a case")
    parser.add_argument("--passing", type=float, default=0.9, help="share that must pass all valid cases")
    parser.add_argument("--min-valid", type=int, default=40)
    parser.add_argument("--min-submissions", type=int, default=10)
    parser.add_argument("--max-input-kib", type=int, default=256)
    parser.add_argument("--cpu-s", type=float, default=10.0, help="CPU seconds of each run")
    parser.add_argument("--memory-mib", type=int, default=512)
    parser.add_argument("--output-kib", type=int, default=1024)
    return parser


def _run(options: argparse.Namespace) -> None:
    params = _params(options)
    problems = unique(load_problems(options.path, options.generators))
    with Progress().task("test cases", len(problems)) as task:
        found = list(judge_problems(shared_sandbox(), problems, params, task))
    _show(found)
    if options.out is not None:
        producer = Producer("testcases", params.model_dump(mode="json"))
        write_dataset(options.out / "cases", "test_case", yields.case_rows(found), producer=producer)
        write_dataset(options.out / "problems", "code_problem", yields.problem_rows(found), producer=producer)


def _params(options: argparse.Namespace) -> CaseParams:
    try:
        return CaseParams(
            cases=options.cases,
            agree=options.agree,
            passing=options.passing,
            min_valid=options.min_valid,
            min_submissions=options.min_submissions,
            max_input_kib=options.max_input_kib,
            limits=RunLimits(cpu_s=options.cpu_s, memory_mib=options.memory_mib, output_kib=options.output_kib),
        )
    except ValidationError as error:
        problem = error.errors()[0]
        name = "-".join(map(str, problem["loc"])).replace("_", "-")
        what = problem["msg"].removeprefix("Value error, ")
        raise UserError(f"--{name}: {what}; correct it" if name else what) from None


def _show(found: Sequence[Judged]) -> None:
    rows = [["problem", "submissions", "unrunnable", "valid", "passing", "outcome"]]
    for row in yields.problem_rows(found):
        figures = [str(row[name]) for name in ("submissions", "unrunnable", "valid_cases", "passing")]
        rows.append([row["id"], *figures, "kept" if row["kept"] else row["reason"]])
    for part in (rows, table(yields.funnel(found))):
        widths = [max(map(len, column)) for column in zip(*part, strict=True)]
        for line in part:
            cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
            print("  ".join(cells).rstrip())
        print()


if __name__ == "__main__":
    sys.exit(main())
