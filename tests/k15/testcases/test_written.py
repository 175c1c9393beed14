import pytest

from k15.sandbox import AnySandbox
from k15.testcases.written import program, question


def test_the_question_holds_the_statement_and_braces_stay() -> None:
    text = question("Print {x} of n.", 50)
    assert text.endswith("# Problem\n\nPrint {x} of n.\n")
    assert "1 to 50" in text and "cyaron" in text


def test_the_last_python_block_behind_the_thought_is_the_program() -> None:
    thought = "<think>```python\nprint(0)\n```</think>"
    assert program(f"{thought}First\n```python\nprint(1)\n```\nor\n``` Python\nprint(2)\n\n```\n") == "print(2)\n\n"
    assert program(f"{thought}No program.") is None
    assert program("<think>```python\nprint(0)\n```") is None
    assert program("```cpp\nint main() {}\n```") is None
    assert program("```python\nprint(1)") is None


def test_the_example_in_the_question_runs(sandbox: AnySandbox) -> None:
    pytest.importorskip("cyaron", reason="CYaRon is not installed")
    example = program(question("", 50))
    assert example is not None
    results = sandbox.run_many(sandbox.build("python", example), [b""] * 3, args=[("1",), ("1",), ("50",)])  # type: ignore[arg-type]
    assert [result.status for result in results] == ["ok"] * 3, results
    assert results[0].stdout == results[1].stdout != results[2].stdout
