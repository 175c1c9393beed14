"""Function tests: partial results, and programs that try to pass without being right."""

import pytest

from k15.sandbox import FunctionResult, Limits, Sandbox

TESTS = ["assert f(2) == 4", "assert f(3) == 9", "assert f(0) == 0"]


def outcome(result: FunctionResult) -> tuple[str, list[bool]]:
    return result.status, [part.passed for part in result.parts]


def test_each_assertion_is_a_part(sandbox: Sandbox) -> None:
    assert outcome(sandbox.test_functions("def f(x): return x * x", TESTS)) == ("ok", [True] * 3)
    assert outcome(sandbox.test_functions("def f(x): return x + 2", TESTS)) == ("wrong_answer", [True, False, False])


def test_assertions_within_check_are_parts(sandbox: Sandbox) -> None:
    check = """
def check(candidate):
    for i in range(3):
        assert candidate(i) == i
    assert candidate(5) == 5
check(g)"""
    result = sandbox.test_functions("def g(x): return min(x, 3)", [check], entry_point="g")
    assert outcome(result) == ("wrong_answer", [True, False])


def test_data_of_every_kind_goes_both_ways(sandbox: Sandbox) -> None:
    values = [
        None, True, 0, -1, 2**80, 1.5, float("inf"), "é\ud800", b"\x00\xff", 1j, [1, [2]], (1, (2,)), {1, 2},
        frozenset({3}), {"a": [1], 2: (3,)}, range(3), int,
    ]  # fmt: skip
    tests = [f"value = {value!r}" for value in values if value not in (float("inf"), int)]
    tests = [f"{line}\nresult = f(value)\nassert result == value and type(result) is type(value)" for line in tests]
    tests += ["assert f(float('inf')) == float('inf')", "assert f(int) is int", "x = f(float('nan'))\nassert x != x"]
    assert sandbox.test_functions("def f(x): return x", tests).status == "ok"


def test_objects_of_the_program_stay_there(sandbox: Sandbox) -> None:
    source = """
class Node:
    def __init__(self, value): self.value, self.left = value, None
def total(node): return node.value + (total(node.left) if node.left else 0)
def grow(items): items.append(1)
def count(n):
    for i in range(n): yield i
"""
    before = "root = Node(1)\nroot.left = Node(2)"
    tests = [
        "assert total(root) == 3",
        "assert root.left.value == 2",
        "items = []\ngrow(items)\nassert items == [1]",
        "assert list(count(3)) == [0, 1, 2]",
        "assert isinstance(math.pi, float)",
    ]
    result = sandbox.test_functions(source, tests, before=before)
    assert outcome(result) == ("ok", [True] * 5), result


def test_exceptions_reach_the_test(sandbox: Sandbox) -> None:
    test = "try:\n    f(1)\nexcept ValueError as error:\n    assert str(error) == 'no'\nelse:\n    assert False"
    assert sandbox.test_functions("def f(x): raise ValueError('no')", [test]).status == "ok"
    assert sandbox.test_functions("def f(x): raise KeyError('no')", [test]).status == "wrong_answer"


@pytest.mark.parametrize(
    "source",
    [
        "import os; os._exit(0)",
        "import sys; sys.exit(0)",
        "raise SystemExit",
        "def f(x):\n    import os; os._exit(0)",
        "def f(x): raise SystemExit(0)",
        "class A:\n    def __eq__(self, other): return True\ndef f(x): return A()",
        "class A(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\ndef f(x): return A(7)",
        "class A(list):\n    def __eq__(self, other): return True\ndef f(x): return A()",
        "import builtins\nbuiltins.AssertionError = None\ndef f(x): return 5",
        "def abs(x): return 0\ndef f(x): return 5",
        "import unittest.mock\nf = unittest.mock.MagicMock(return_value=unittest.mock.ANY)",
        "import gc\ndef f(x):\n    found = [o for o in gc.get_objects() if isinstance(o, str) and 'assert' in o]\n"
        "    return int(found[0].split('==')[1])",
        "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n"
        "        for v in frame.f_locals.values():\n            if 'assert' in repr(v): return eval(repr(v))\n"
        "        frame = frame.f_back\n    return 5",
        "import glob\ndef f(x): return glob.glob('/box/work/*tests*') and x * x",
        "import os, json\nos.write(4, b'\\x02\\x00\\x00\\x00{}')\ndef f(x): return 1",
        "import os, json\nm = json.dumps({'f': True, 'g': 1}).encode()\nos.write(4, len(m).to_bytes(4, 'little') + m)",
        "import os, json\nm = b'[' * 100000\nos.write(4, len(m).to_bytes(4, 'little') + m)\ndef f(x): return 1",
        "import os\nos.write(4, b'\\xff\\xff\\xff\\xff')\ndef f(x): return 1",
        "import os\nos.close(4)\ndef f(x): return 1",
        "f = 7",
        "def g(x): return x * x",
        "def f(x): return x * x if x else 1",
    ],
)
def test_no_program_passes_without_being_right(sandbox: Sandbox, source: str) -> None:
    result = sandbox.test_functions(source, [*TESTS, "assert abs(f(4) - 16) < 1e-9"], entry_point="f")
    assert result.status in ("wrong_answer", "runtime_error"), result
    assert not all(part.passed for part in result.parts) or not result.parts


def test_the_problems_own_functions_cannot_be_replaced(sandbox: Sandbox) -> None:
    given = "def poly(xs, x): return sum(c * x ** i for i, c in enumerate(xs))\ndef root(xs):\n    '''find'''\n"
    tests = ["assert abs(poly([-4, 2], candidate([-4, 2]))) < 1e-6"]
    right = "def root(xs): return -xs[0] / xs[1]"
    hack = "def poly(xs, x): return 0\ndef root(xs): return 77"
    assert sandbox.test_functions(right, tests, entry_point="root", given=given).status == "ok"
    assert sandbox.test_functions(hack, tests, entry_point="root", given=given).status == "wrong_answer"


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("def f(x):\n    while True: pass", "cpu_limit"),
        ("def f(x):\n    y = []\n    while True: y.append(bytearray(1 << 20))", "memory_limit"),
        ("while True: print('x' * 1000)", "output_limit"),
        ("def f(x:", "compile_error"),
        ("1 // 0", "runtime_error"),
    ],
)
def test_the_end_of_the_program_is_the_verdict(sandbox: Sandbox, source: str, status: str) -> None:
    limits = Limits(cpu_s=0.3, memory_mib=64, output_kib=16)
    assert sandbox.test_functions(source, TESTS, limits=limits).status == status


def test_a_test_that_cannot_be_read_is_no_verdict(sandbox: Sandbox) -> None:
    result = sandbox.test_functions("def f(x): return x", ["assert f(1) =="])
    assert result.status == "infrastructure_error"
    assert "SyntaxError" in result.why
