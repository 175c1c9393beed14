"""Contest problems in packages as prompts: the statement is the question, the package's own tests judge the program.

A package whose outputs need a judge of their own, or that has no test small enough, is barred; test cases for it can
come from `prompts.test_cases`.
"""

from collections.abc import Iterator
from pathlib import Path

from k15.errors import UserError
from k15.rewards.spec import write_spec
from k15.testcases import packages
from k15.testcases.sources import load_problems
from stages.prompts.formats import Given

MOST_TESTS = 40
MOST_BYTES = 64 << 10
"""Of one test: a prompt carries its tests wherever it goes."""


def read_packages(path: Path) -> Iterator[Given]:
    if not path.exists():
        raise UserError(f"{path}: no such file or directory; correct the path in params.yaml")
    roots = packages.find(path)
    for root, problem in zip(roots, load_problems(path) if roots else [], strict=True):
        tests = packages.tests(root, MOST_TESTS, MOST_BYTES)
        fields = {
            "tests": [{"input": given, "output": expected} for given, expected in tests],
            "tolerance": problem.tolerance,
            "case_sensitive": problem.case_sensitive,
        }
        barred = "special-judge" if problem.special_judge else "" if tests else "no-tests"
        if not problem.statement:
            barred = "no-statement"
        yield Given(
            problem.statement, "", "code_stdin", write_spec(fields), problem.id, "code", "programming", barred=barred
        )
