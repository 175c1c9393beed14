"""What is taken for the program of a response, before anything runs."""

from collections.abc import Sequence

import pytest

from k15.rewards.code import complete, entry_point_of, extract_program
from k15.rewards.extraction import Mode


@pytest.mark.parametrize(
    ("response", "mode", "found"),
    [
        ("```python\nprint(1)\n```", "rl", ("python", "print(1)\n")),
        ("Text\n```\nprint(1)\n```\nmore text", "rl", ("", "print(1)\n")),
        ("```py\nprint(1)\n```", "rl", ("python", "print(1)\n")),
        ("```Python3 title=x\nprint(1)\n```", "rl", ("python", "print(1)\n")),
        ("```C++\nint main() {}\n```", "rl", ("cpp", "int main() {}\n")),
        ("```klingon\nprint(1)\n```", "rl", ("", "print(1)\n")),
        ("```python\na\n```\nor better\n```cpp\nb\n```\n", "rl", ("python", "a\n")),
        ("<think>```python\na\n```</think>```python\nb\n```", "rl", ("python", "b\n")),
        ("<think>```python\na\n```", "rl", None),
        ("<think>```python\na\n```", "eval", None),
        ("<think>```python\na\n```</think>It is a.", "rl", None),
        ("```python\nprint('```')\n```", "rl", ("python", "print('```')\n")),
        ("```python\nprint(1)", "rl", None),
        ("```python\n```", "rl", ("python", "")),
        ("print(1)", "rl", None),
        ("print(1)", "eval", ("", "print(1)")),
        (" \n", "eval", None),
        ("", "rl", None),
    ],
)
def test_programs_are_found_in_responses(response: str, mode: Mode, found: tuple[str, str] | None) -> None:
    assert extract_program(response, mode) == found


def test_bodies_continue_the_prompt_and_functions_get_its_imports() -> None:
    prompt = 'import math\nfrom typing import List\n\ndef f(x: List[int]) -> float:\n    """Doc."""\n'
    body = "    return math.sqrt(x[0])\n"
    assert complete(prompt, "f", body) == prompt + body
    assert complete(prompt, "f", "def f(x):\n    return 1") == (
        "import math\nfrom typing import List\ndef f(x):\n    return 1"
    )
    assert complete(prompt, "f", "def fg(x):\n    return 1").startswith(prompt)
    assert complete("", "f", body) == body


@pytest.mark.parametrize(
    ("tests", "name"),
    [
        (["assert add(1, 2) == 3"], "add"),
        (["assert sorted(pairs([1])) == [1]"], "pairs"),
        (["assert math.isclose(area(2), 4.0, rel_tol=0.01)"], "area"),
        (["assert len('x') == 1", "assert g(h(1)) == 2"], "g"),
        (["assert sum([1]) == 1"], "sum"),
        (["assert (", "assert f(1)"], "f"),
        (["x = 1"], None),
        ([], None),
    ],
)
def test_the_function_that_assertions_are_about(tests: Sequence[str], name: str | None) -> None:
    assert entry_point_of(tests) == name
