"""Code verifiers in the real sandbox."""

from typing import Any

import pytest

from benchmarks.code_sets_faults import When, plant
from benchmarks.code_sets_read import FunctionProblem, fenced, humaneval, quixbugs
from k15.errors import UserError
from k15.rewards import Verdict, score, score_batch
from k15.rewards.code import complete, extract_program
from k15.sandbox import shared_sandbox
from k15.sandbox.languages import LANGUAGES, installed

DOUBLE = "print(int(input()) * 2)"
PAIRS = [{"input": "1", "output": "2"}, {"input": "21\n", "output": "42\n"}, {"input": "-3", "output": "-6"}]


@pytest.fixture(autouse=True)
def _sandbox() -> None:
    """Skips, with the reason, where this machine lacks a layer of isolation."""
    try:
        shared_sandbox()
    except UserError as error:
        pytest.skip(str(error))


def stdin(program: str, tests: Any = PAIRS, language: str = "python", **fields: Any) -> Verdict:
    record = {"verifier": "code_stdin", "id": "sum", "tests": tests, **fields}
    return score(record, f"So:\n```{language}\n{program}\n```\n")


def functions(program: str, tests: Any, **fields: Any) -> Verdict:
    return score({"verifier": "code_function", "id": "f", "tests": tests, **fields}, fenced(program))


def test_every_pair_is_a_part() -> None:
    assert stdin(DOUBLE) == Verdict("correct", 1.0, "3 tests passed", parts=(True, True, True))
    wrong = stdin("print(abs(int(input()) * 2))")
    assert (wrong.verdict, wrong.reward, wrong.parts) == ("wrong", 0.0, (True, True, False))
    assert wrong.why == "test 3 of 3: wrong answer"
    raising = stdin("n = int(input())\nassert n < 5\nprint(n * 2)")
    assert raising.parts == (True, False, True)
    assert raising.why.startswith("test 2 of 3: runtime error")
    assert raising.cpu_s > 0


@pytest.mark.parametrize(
    ("printed", "fields", "passes"),
    [
        ("0.5 Yes", {}, True),
        ("  0.5\\n\\n Yes ", {}, True),
        ("0.5", {}, False),
        ("0.5 Yes Yes", {}, False),
        ("0.5 YES", {}, False),
        ("0.5 YES", {"case_sensitive": False}, True),
        ("0.5000001 Yes", {}, False),
        ("0.5000001 Yes", {"tolerance": 1e-6}, True),
        ("5e-1 Yes", {"tolerance": "1e-6"}, True),
        ("0.51 Yes", {"tolerance": 1e-6}, False),
        ("nan Yes", {"tolerance": 1e-6}, False),
    ],
)
def test_outputs_are_compared_as_the_problem_says(printed: str, fields: dict[str, Any], passes: bool) -> None:
    verdict = stdin(f"print('{printed}')", [{"output": "0.5 Yes"}], **fields)
    assert verdict.verdict == ("correct" if passes else "wrong")


def test_tests_may_be_json() -> None:
    assert stdin(DOUBLE, '[{"input": "4", "output": "8"}]').verdict == "correct"
    assert functions("def f(x): return x", '["assert f(1) == 1", "assert f(2) == 2"]').parts == (True, True)
    assert functions("def f(x): return x", "assert f(1) == 1").verdict == "correct"


def test_the_fence_or_the_problem_names_the_language() -> None:
    assert stdin("read n; echo $((n * 2))", language="bash").verdict == "correct"
    assert stdin("read n; echo $((n * 2))", language="").verdict == "wrong"
    record = {"verifier": "code_stdin", "tests": PAIRS, "language": "bash"}
    assert score(record, "```\nread n; echo $((n * 2))\n```").verdict == "correct"
    assert score(record, f"```python\n{DOUBLE}\n```").verdict == "correct"
    other = score({"verifier": "code_function", "tests": ["assert f(1)"]}, "```bash\nf() { true; }\n```")
    assert other == Verdict.wrong("a bash program where Python was asked for")


@pytest.mark.skipif("cpp" not in installed(), reason="needs g++")
def test_what_does_not_compile_is_wrong() -> None:
    fine = "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << n * 2; }"
    assert stdin(fine, language="cpp").verdict == "correct"
    broken = stdin(fine.replace("int n;", ""), language="cpp")
    assert broken.verdict == "wrong" and broken.parts == ()
    assert broken.why.startswith("compile error: ") and "'n' was not declared" in broken.why.replace("‘n’", "'n'")


def test_a_script_that_cannot_be_parsed_is_wrong() -> None:
    assert "SyntaxError" in stdin("print((").why and stdin("print((").verdict == "wrong"
    assert "SyntaxError" in functions("def f(:", ["assert f(1)"]).why


def test_a_slow_program_is_not_run_on_every_test() -> None:
    slow = stdin("n = int(input())\nwhile n > 1: pass\nprint(n * 2)", PAIRS * 20, limits={"cpu_s": 0.5})
    assert slow.parts == (True, *[False] * 59)
    assert slow.why.startswith("test 2 of 60: cpu limit") and slow.cpu_s < 2
    assert functions("def f():\n    while True: pass", ["assert f() == 1"], limits={"cpu_s": 0.5}).verdict == "wrong"


def test_functions_are_tested_assertion_by_assertion() -> None:
    tests = ["assert f(1) == 2", "assert f(2) == 4", "assert f(3) == 7"]
    verdict = functions("def f(x): return x * 2", tests)
    assert (verdict.verdict, verdict.reward, verdict.parts) == ("wrong", 0.0, (True, True, False))
    assert functions("def f(x): return x * 2 if x < 3 else 7", tests).verdict == "correct"
    raising = functions("def f(x): return x * 2 if x > 1 else 1 // 0", tests[:2])
    assert raising.parts == (False, True) and "ZeroDivisionError" in raising.why
    check = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(2) == 5\n"
    assert functions("def f(x): return x * 2", [f"{check}\ncheck(f)"], entry_point="f").parts == (True, False)
    assert functions("def g(x): return x * 2", tests).why == "the program defines no function f"


def test_bodies_and_prompts() -> None:
    prompt = "import math\n\ndef f(x):\n    '''The root.'''\n"
    fields = {"prompt": prompt, "entry_point": "f"}
    assert functions("    return math.sqrt(x)", ["assert f(4) == 2"], **fields).verdict == "correct"
    assert functions("def f(x): return math.sqrt(x)", ["assert f(4) == 2"], **fields).verdict == "correct"
    assert functions("def f(x): return BASE + x", ["assert f(4) == 5"]).verdict == "wrong"
    assert functions("def f(x): return x", ["assert f(four) == 4"], setup="four = 4").verdict == "correct"


def test_answers_cannot_make_tests_pass() -> None:
    equal = "class E(int):\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(x): return E(1)"
    for program in (equal, "import os\nos._exit(0)", "def f(x): raise SystemExit(0)", "def f(x): raise AssertionError"):
        assert functions(program, ["assert f(1) == 2"]).verdict == "wrong"


def test_what_the_sandbox_cannot_judge_is_an_error() -> None:
    verdict = functions("def f(x): return x", ["assert f(1) == = 1"], entry_point="f")
    assert verdict.verdict == "error" and verdict.reward != verdict.reward
    assert verdict.why.startswith("the tests could not be run")


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"verifier": "code_stdin"}, "problem sum: `tests` must be a list that is not empty"),
        ({"verifier": "code_stdin", "tests": []}, "problem sum: `tests` must be a list"),
        ({"verifier": "code_function", "tests": "{}"}, "problem sum: `tests` must be a list"),
        ({"verifier": "code_stdin", "tests": ["1"]}, "each of `tests` must be"),
        ({"verifier": "code_stdin", "tests": [{"input": "1"}]}, "each of `tests` must be"),
        ({"verifier": "code_stdin", "tests": PAIRS, "limits": {"cpu": 1}}, "problem sum: `limits` takes cpu_s, disk"),
        ({"verifier": "code_function", "tests": ["assert f(1)"], "limits": 3}, "problem sum: `limits` takes cpu_s"),
    ],
)
def test_records_that_cannot_be_used_are_named(record: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as error:
        score({"id": "sum", **record}, fenced(DOUBLE))
    assert words in str(error.value)


def test_a_batch_is_judged_in_its_order() -> None:
    one = {"verifier": "code_stdin", "tests": PAIRS}
    other = {"verifier": "code_function", "tests": ["assert f(2) == 4"]}
    cases = [(one, fenced(DOUBLE)), (other, fenced("def f(x): return 4")), (one, "?"), (other, fenced("f = 3"))] * 4
    verdicts = score_batch([record for record, _ in cases], [response for _, response in cases])
    assert [verdict.verdict for verdict in verdicts] == ["correct", "correct", "wrong", "wrong"] * 4
    again = score_batch([record for record, _ in cases[::-1]], [response for _, response in cases[::-1]])
    assert again[::-1] == verdicts


@pytest.fixture(scope="module")
def problems() -> list[FunctionProblem]:
    try:
        return list(humaneval())
    except FileNotFoundError as error:
        pytest.skip(f"{error.filename} is absent (set K15_DATA)")


def test_canonical_solutions_pass(problems: list[FunctionProblem]) -> None:
    verdicts = score_batch([item.record for item in problems], [fenced(item.solution) for item in problems])
    assert [item.name for item, verdict in zip(problems, verdicts, strict=True) if verdict.verdict != "correct"] == []


@pytest.mark.parametrize("when", ["always", "first"])
def test_planted_faults_fail(problems: list[FunctionProblem], when: When) -> None:
    responses = [fenced(plant(item.program, item.entry_point, when)) for item in problems]
    verdicts = score_batch([item.record for item in problems], responses)
    assert [item.name for item, verdict in zip(problems, verdicts, strict=True) if verdict.verdict != "wrong"] == []


def test_quixbugs_as_labelled() -> None:
    try:
        items = list(quixbugs())
    except FileNotFoundError as error:
        pytest.skip(f"{error.filename} is absent (set K15_DATA)")
    verdicts = score_batch([item.record for item in items], [item.response for item in items])
    due = ["correct" if item.correct else "wrong" for item in items]
    assert {item.name: verdict.verdict for item, verdict in zip(items, verdicts, strict=True)} == dict(
        zip([item.name for item in items], due, strict=True)
    )


def test_a_response_cannot_choose_what_is_not_installed() -> None:
    missing = next((name for name in LANGUAGES if name not in installed()), None)
    if missing is None:
        pytest.skip("every language is installed here")
    records = [{"verifier": "code_stdin", "tests": [{"input": "", "output": "1"}]}, {"verifier": "math", "answer": "1"}]
    wrong, right = score_batch(records, [f"```{missing}\nx\n```", r"\boxed{1}"])
    assert (wrong.verdict, right.verdict) == ("wrong", "correct")
    assert "cannot be run here" in wrong.why


def test_how_to_run_it_is_not_the_program() -> None:
    response = "```python\nprint(1)\n```\nRun it:\n```bash\npython main.py\n```"
    assert extract_program(response, "rl") == ("python", "print(1)\n")
    assert extract_program(response, "rl", "bash") == ("bash", "python main.py\n")
    assert extract_program("```input()``` reads a line.\n```python\nx\n```", "rl") == ("python", "x\n")
    assert extract_program("````python\n```\nx\n````", "rl") == ("python", "```\nx\n")


def test_what_the_prompt_gives_completes_a_program() -> None:
    prompt = 'from typing import (\n    List,\n)\n\ndef help(x): return x + 1\n\ndef f(x):\n    """doc"""\n'
    whole = complete(prompt, "f", "from __future__ import annotations\ndef f(x: List): return help(x)")
    names: dict[str, Any] = {}
    exec(compile(whole, "whole", "exec"), names)
    assert names["f"](2) == 3
    assert complete("class Solution:\n    def f(self, x):", "f", "def f(x): pass") == "def f(x): pass"
    assert complete("def f(x):\n", "f", "    return x") == "def f(x):\n    return x"
    assert complete("def f(x):", "f", "\n" * 300_000).endswith("\n")
