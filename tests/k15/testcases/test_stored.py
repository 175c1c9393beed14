"""The stored generators, against the olympiad problems that they are for."""

import os
from pathlib import Path

import pytest

import k15.testcases
from k15.progress import Progress
from k15.sandbox import AnySandbox
from k15.testcases.judge import judge_problems
from k15.testcases.params import CaseParams, RunLimits
from k15.testcases.runs import make_inputs
from k15.testcases.sources import load_problems

DATA = Path(os.environ.get("K15_DATA", Path(__file__).parents[4] / "shared" / "data")) / "contest_problems"
STORED = Path(k15.testcases.__file__).parent / "stored" / "contest_problems"
PARAMS = CaseParams(
    cases=6,
    agree=0.7,
    passing=0.9,
    min_valid=5,
    min_submissions=2,
    max_input_kib=256,
    limits=RunLimits(cpu_s=10, memory_mib=512, output_kib=1024),
)


def test_there_are_twenty() -> None:
    assert len(list(STORED.glob("*.py"))) == 20


@pytest.mark.parametrize("path", sorted(STORED.glob("*.py")), ids=lambda path: path.stem)
def test_a_generator_repeats_itself_run_by_run_and_not_number_by_number(path: Path, sandbox: AnySandbox) -> None:
    first, second = (make_inputs(sandbox, path.read_text(), PARAMS) for _ in range(2))
    assert first == second
    assert sum(not item.reason for item in first) >= 5, [item.reason for item in first]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no olympiad problems at {DATA} (set K15_DATA)")
@pytest.mark.parametrize("name", ["skolkval__applenparon", "onlinekval__skridskor", "katt__bradspelet"])
def test_submissions_that_were_accepted_agree(name: str, sandbox: AnySandbox) -> None:
    problems = load_problems(DATA / f"{name}.tar.gz", STORED)
    with Progress().task("test cases", 1) as task:
        (found,) = judge_problems(sandbox, problems, PARAMS, task)
    assert (found.kept, found.valid_cases, found.passing) == (True, 6, found.submissions)
