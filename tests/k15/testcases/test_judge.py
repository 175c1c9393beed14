"""The whole way in the real sandbox, at the paper's counts where they matter and at few cases elsewhere."""

from collections.abc import Sequence

import pytest

from k15.progress import Progress
from k15.sandbox import AnySandbox
from k15.testcases.judge import Judged, judge_problems, unwritten
from k15.testcases.params import CaseParams, RunLimits
from k15.testcases.problem import CodeProblem, Submission
from k15.testcases.sources import BUNDLED, load_problems
from k15.testcases.yields import case_rows, funnel, problem_rows, summary

COUNT = "import sys\nprint(int(sys.argv[1]) - 1)\n"
DOUBLE = "print(2 * int(input()))\n"


def params(cases: int = 5, min_valid: int = 4, min_submissions: int = 3, cpu_s: float = 2.0) -> CaseParams:
    return CaseParams(
        cases=cases,
        agree=0.7,
        passing=0.9,
        min_valid=min_valid,
        min_submissions=min_submissions,
        max_input_kib=1,
        limits=RunLimits(cpu_s=cpu_s, memory_mib=128, output_kib=64),
    )


def problem(*sources: str, name: str = "double", generator: str | None = COUNT, **fields: object) -> CodeProblem:
    submissions = tuple(Submission(str(number), "python", source) for number, source in enumerate(sources))
    return CodeProblem(name, "Double it.", submissions, generator, **fields)  # type: ignore[arg-type]


def judge(sandbox: AnySandbox, given: CodeProblem, settings: CaseParams, written: Sequence[str] = ()) -> Judged:
    with Progress().task("test cases", 1) as task:
        (found,) = judge_problems(sandbox, [given], settings, task, {given.id: written})
    return found


def test_a_bundled_problem_enters_with_fifty_cases(sandbox: AnySandbox) -> None:
    (coins,) = [item for item in load_problems(BUNDLED) if item.id == "coins"]
    found = judge(sandbox, coins, params(cases=50, min_valid=40, min_submissions=10))
    assert (found.kept, found.reason, found.submissions, found.passing) == (True, "", 10, 10)
    rows = list(case_rows([found]))
    assert [row["number"] for row in rows] == list(range(1, 51))
    assert all(row["valid"] and row["agree"] == 10 for row in rows)
    amount, coins_line = rows[0]["input"].splitlines()
    assert (amount, rows[0]["expected"]) == ("0", "0\n") and "1" in coins_line.split()


def test_two_bad_submissions_of_ten_keep_a_problem_out(sandbox: AnySandbox) -> None:
    (leap,) = [item for item in load_problems(BUNDLED) if item.id == "leap"]
    found = judge(sandbox, leap, params(cases=8, min_valid=8, min_submissions=10))
    assert (found.kept, found.reason, found.valid_cases, found.passing) == (False, "submissions-disagree", 8, 8)


def test_what_becomes_of_inputs(sandbox: AnySandbox) -> None:
    generator = (
        "import sys\nn = int(sys.argv[1])\n"
        "if n == 2: sys.exit(3)\n"
        "if n == 3: sys.exit()\n"
        "if n == 4: print('0' * 2000)\n"
        "elif n == 5: sys.stdout.buffer.write(b'\\xff')\n"
        "elif n == 6: print(1)\n"
        "elif n == 7: print('x')\n"
        "else: print(n)\n"
    )
    found = judge(sandbox, problem(DOUBLE, DOUBLE, DOUBLE, generator=generator), params(cases=8, min_valid=2))
    assert [row["reason"] for row in case_rows([found])] == [
        "",
        "generator-failed",
        "empty-input",
        "too-large",
        "generator-failed",
        "duplicate",
        "disagreement",
        "",
    ]
    assert (found.kept, found.valid_cases, found.passing) == (True, 2, 3)


def test_slow_crashing_and_silent_submissions_fail(sandbox: AnySandbox) -> None:
    slow, crash = "while True: pass\n", "print(2 * int(input()), 1 / 0)\n"
    settings = params(cases=2, min_valid=2, cpu_s=0.3)
    assert judge(sandbox, problem(DOUBLE, DOUBLE, slow), settings).reason == "few-valid-cases"
    assert judge(sandbox, problem(*[DOUBLE] * 9, crash), settings).passing == 9
    silent = judge(sandbox, problem("", "", ""), settings)
    assert [row["reason"] for row in case_rows([silent])] == ["empty-output"] * 2


def test_tolerance_is_the_problems(sandbox: AnySandbox) -> None:
    thirds = ["print(int(input()) / 3)", "print(f'{int(input()) / 3:.8f}')", "print(f'{int(input()) / 3:.9e}')"]
    assert judge(sandbox, problem(*thirds, tolerance=1e-6), params()).kept
    assert judge(sandbox, problem(*thirds), params()).reason == "few-valid-cases"


def test_what_is_excluded_before_anything_runs(sandbox: AnySandbox) -> None:
    assert judge(sandbox, problem(DOUBLE, special_judge=True), params()).reason == "special-judge"
    assert judge(sandbox, problem(DOUBLE, DOUBLE), params()).reason == "too-few-submissions"
    unknown = CodeProblem("a", "", tuple(Submission(str(n), "algol", DOUBLE) for n in range(3)), COUNT)
    found = judge(sandbox, unknown, params())
    assert (found.reason, found.submissions) == ("too-few-submissions", 0)
    (row,) = problem_rows([found])
    assert (row["submissions"], row["unrunnable"]) == (0, 3)


def test_compiled_submissions(sandbox: AnySandbox) -> None:
    right = '#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); printf("%d", 2 * n); }\n'
    given = problem(*[DOUBLE] * 9)
    languages = [Submission("right", "c", right), Submission("broken", "c", "int main(void) {")]
    found = judge(sandbox, CodeProblem("a", "", (*given.submissions, languages[0]), COUNT), params())
    assert (found.kept, found.passing) == (True, 10)
    found = judge(sandbox, CodeProblem("a", "", (*given.submissions, languages[1]), COUNT), params())
    assert (found.kept, found.passing) == (True, 9)


def test_the_first_written_generator_with_enough_inputs_is_taken(sandbox: AnySandbox) -> None:
    given = problem(DOUBLE, DOUBLE, DOUBLE, generator=None)
    constant, broken = "print(1)", "print("
    found = judge(sandbox, given, params(), [broken, constant, COUNT, "print(2)"])
    assert (found.kept, found.generator, found.cases[4].input) == (True, "written", "4\n")
    found = judge(sandbox, given, params(), [broken, constant])
    assert (found.kept, found.reason, found.generator) == (False, "no-generator", "none")


def test_who_is_asked_for_a_generator(sandbox: AnySandbox) -> None:
    wanting = problem(DOUBLE, DOUBLE, DOUBLE, generator=None)
    others = [
        problem(DOUBLE, DOUBLE, DOUBLE),
        problem(DOUBLE, DOUBLE, generator=None),
        problem(DOUBLE, DOUBLE, DOUBLE, generator=None, special_judge=True),
    ]
    assert unwritten(sandbox, [*others, wanting], params()) == [wanting]


def test_the_yield_by_hand(sandbox: AnySandbox) -> None:
    problems = [
        problem(DOUBLE, DOUBLE, DOUBLE, name="kept"),
        problem(DOUBLE, name="special", special_judge=True),
        problem(DOUBLE, name="few"),
        problem(DOUBLE, DOUBLE, DOUBLE, name="none", generator=None),
        problem(DOUBLE, DOUBLE, DOUBLE, name="constant", generator="print(1)"),
    ]
    with Progress().task("test cases", 5) as task:
        found = list(judge_problems(sandbox, problems, params(), task))
    assert list(funnel(found).values()) == [5, 4, 3, 2, 1, 1]
    metrics = summary(found)
    assert metrics["reasons"] == {
        "few-valid-cases": 1,
        "no-generator": 1,
        "special-judge": 1,
        "too-few-submissions": 1,
    }
    assert (metrics["cases"], metrics["valid_cases"], metrics["case_reasons"]) == (10, 6, {"duplicate": 4})


def test_cyaron_is_within_reach(sandbox: AnySandbox) -> None:
    pytest.importorskip("cyaron", reason="CYaRon is not installed")
    generator = (
        "import random, sys\nfrom cyaron import Vector\nrandom.seed(int(sys.argv[1]))\n"
        "print(Vector.random(1, [(1, 10**6)])[0][0])\n"
    )
    given = problem(DOUBLE, DOUBLE, DOUBLE, generator=generator)
    first, second = judge(sandbox, given, params()), judge(sandbox, given, params())
    assert first.kept and first.cases == second.cases
