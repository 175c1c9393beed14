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
        "class A:\n    def __lt__(self, other): return True\n    __le__ = __contains__ = __lt__\n    __sub__ = "
        "__abs__ = lambda self, *_: self\ndef f(x): return A()",
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
        "import os\nos.write(4, b'\\x03\\x00\\x00\\x00[5]')\ndef f(x): return 1",
        "import os\nos.close(4)\ndef f(x): return 1",
        "f = 7",
        "f = []\nf.append(f)",
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


def test_globals_cross_only_when_a_test_names_them(sandbox: Sandbox) -> None:
    source = """
table = [True] * 3_000_000
own = []
own.append(own)
text = "x" * (65 << 20)
limit = 7
class Node: pass
root = Node()
def f(x): return x * x
"""
    tests = [*TESTS, "assert limit == 7", "assert isinstance(limit, int) and root == root"]
    assert outcome(sandbox.test_functions(source, tests, entry_point="f")) == ("ok", [True] * 5)
    for name in ("own", "text"):
        result = sandbox.test_functions(source, [f"assert {name}"], entry_point="f")
        assert outcome(result) == ("wrong_answer", [False])


def test_a_value_that_cannot_be_sent_is_the_tests_failure_only(sandbox: Sandbox) -> None:
    source = "def f(x):\n    y = []\n    y.append(y)\n    return {1: y, 2: 'x' * (65 << 20), 3: 3}[x]"
    result = sandbox.test_functions(source, ["assert f(1) == 1", "assert f(2) == 2", "assert f(3) == 3"])
    assert outcome(result) == ("wrong_answer", [False, False, True])


def test_values_of_the_standard_library_are_data(sandbox: Sandbox) -> None:
    before = """
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
values = [
    Fraction(1, 3), Decimal("1.10"), date(2024, 2, 29), time(1, 2, 3, 4), timedelta(days=-1, seconds=1),
    datetime(2024, 2, 29, 1, 2, tzinfo=timezone.utc), datetime(2024, 2, 29, fold=1), timezone(timedelta(hours=1)),
    deque([1, [2]], 3), Counter("abca"), OrderedDict(b=1, a=2), defaultdict(list, a=[1]), defaultdict(None, {1: 2}),
]"""
    tests = [
        "for v in values:\n    r = f(v)\n    assert r == v and type(r) is type(v) and repr(r) == repr(v), r",
        "assert f(values) == values",
        "d = f(values[8])\nassert d.maxlen == 3 and d is not values",
        "assert values[9].most_common(1) == f(values[9]).most_common(1)",
    ]
    result = sandbox.test_functions("def f(x): return x", tests, before=before)
    assert outcome(result) == ("ok", [True] * 4), result


def test_of_value_classes_only_the_classes_themselves_are_data(sandbox: Sandbox) -> None:
    source = """
from collections import Counter, deque
from fractions import Fraction
def lying(base):
    return type(base.__name__, (base,), {"__eq__": lambda *_: True, "__hash__": None})
made = {"fraction": lying(Fraction)(1, 2), "deque": lying(deque)(), "counter": lying(Counter)()}
def f(name): return made[name]
"""
    tests = [f"assert f({name!r}) == 5" for name in ("fraction", "deque", "counter")]
    tests += ["assert f('counter') == {}", "assert f('deque') in [7]"]
    result = sandbox.test_functions(source, tests, entry_point="f")
    assert outcome(result) == ("wrong_answer", [False, False, False, True, False]), result


def test_a_container_stays_one_object_across_a_call(sandbox: Sandbox) -> None:
    source = """
def add(to, key=1): to.append(key)
def swap(pair): pair[0][0], pair[1]["a"] = pair[1]["a"], pair[0][0]
def turn(rows): rows.reverse(); rows[0].append(0)
def same(x): return x
def both(x, y): x.append(1); return x is y, len(y)
def fill(d, s, b, q): d["k"] = [1]; s.add(1); b += b"1"; q.popleft()
def grid(n): return [[0]] * n
def loop(x): x.append(x)
"""
    tests = [
        "a = []\nadd(to=a, key=2)\nassert a == [2]",
        "a, d = [1], {'a': 2}\nswap((a, d))\nassert (a, d) == ([2], {'a': 1})",
        "a, b = [1], [2]\nrows = [a, b]\nturn(rows)\nassert rows == [[2, 0], [1]] and rows[0] is b and a == [1]",
        "a = [[1]]\nassert same(a) is a and same((a, a))[1] is a",
        "a = []\nassert both(a, a) == (True, 1) and a == [1]\nassert both([], []) == (False, 0)",
        "from collections import deque\nd, s, b, q = {}, set(), bytearray(), deque([1, 2])\nfill(d, s, b, q)\n"
        "assert (d, s, b, q) == ({'k': [1]}, {1}, b'1', deque([2]))",
        "g = grid(2)\ng[0].append(1)\nassert g == [[0, 1], [0, 1]]",
        "a = []\nloop(a)\nassert a[0] is a",
    ]
    result = sandbox.test_functions(source, tests)
    assert result.status == "ok" and len(result.parts) == 9, result


def test_proxies_have_truth_order_copies_and_items(sandbox: Sandbox) -> None:
    source = """
import re
class Version:
    def __init__(self, number): self.number, self.parts = number, [number]
    def __lt__(self, other): return self.number < other.number
    def __bool__(self): return self.number > 0
def match(text): return re.match("a", text)
def letters():
    yield "a"
    yield "b"
"""
    tests = [
        "assert match('abc')",
        "assert not Version(0) and Version(1)",
        "assert Version(1) < Version(2) and Version(2) > Version(1)",
        "assert max(Version(1), Version(3), Version(2)).number == 3",
        "v = Version(1)\nw = copy.deepcopy(v)\nw.number = 5\n"
        "assert (v.number, w != v, copy.copy(v).parts) == (1, True, [1])",
        "assert copy.deepcopy([match])[0] == match",
        "assert 'b' in letters() and 'c' not in letters()",
    ]
    result = sandbox.test_functions(source, tests)
    assert outcome(result) == ("ok", [True] * 7), result


def test_iteration_is_python_s(sandbox: Sandbox) -> None:
    source = """
import itertools
def count(): yield from itertools.count()
def many(n): yield from range(n)
def broken():
    yield 1
    raise ValueError("late")
"""
    tests = [
        "assert list(itertools.islice(count(), 3)) == [0, 1, 2]",
        "assert list(many(2500)) == list(range(2500))",
        "g = count()\nassert next(g) == 0 and [x for x, _ in zip(g, 'ab')] == [1, 2]",
        "g = many(1)\nassert list(g) == [0] and list(g) == [] and next(g, None) is None",
        "seen = []\ntry:\n    for x in broken(): seen.append(x)\nexcept ValueError:\n    assert seen == [1]",
        "try:\n    next(many)\nexcept TypeError:\n    assert True\nelse:\n    assert False",
    ]
    result = sandbox.test_functions(source, tests)
    assert outcome(result) == ("ok", [True] * 6), result


def test_an_iteration_past_the_limit_is_not_cut_short(sandbox: Sandbox) -> None:
    source = "import itertools\ndef f(): return itertools.repeat(1)"
    result = sandbox.test_functions(source, ["assert sum(f()) == 1_000_000"], limits=Limits(cpu_s=20))
    assert outcome(result) == ("wrong_answer", [False])
    assert "OverflowError" in result.why


def test_recursion_is_as_deep_as_in_a_program(sandbox: Sandbox) -> None:
    source = "def f(n): return 0 if n == 0 else f(n - 1)\n"
    for depth, passes in ((990, True), (1010, False)):
        assert (sandbox.run("python", f"{source}f({depth})").status == "ok") is passes
        assert (sandbox.test_functions(source, [f"assert f({depth}) == 0"]).status == "ok") is passes
        tested = sandbox.test_functions("x = 1", [f"assert f({depth}) == 0"], before=source)
        assert (tested.status == "ok") is passes


def test_python_s_own_interrupt_handler_is_in_place(sandbox: Sandbox) -> None:
    result = sandbox.run("python", "import signal\nsignal.raise_signal(signal.SIGINT)")
    assert (result.status, result.exit_code) == ("runtime_error", 130)
    caught = "import signal\ntry: signal.raise_signal(signal.SIGINT)\nexcept KeyboardInterrupt: print('caught')"
    assert sandbox.run("python", caught).stdout == b"caught\n"


@pytest.mark.parametrize(
    "reply",
    [
        {"value": {"known": 5}},
        {"value": {"known": "x"}},
        {"value": {"handle": [1]}},
        {"value": {"handle": "x"}},
        {"value": {"Fraction": [1, 0]}},
        {"value": {"Decimal": ["x"]}},
        {"value": {"datetime": [0, 1]}},
        {"value": {"datetime": [0, 1, 1, 1, 1, 1, 1, 1, {"handle": 0}]}},
        {"value": {"deque": [{"tuple": []}, -1]}},
        {"value": {"Counter": [5]}},
        {"value": {"defaultdict": [7, {"tuple": []}]}},
        {"value": {"dict": [[1], []]}},
        {"value": {"builtin": "eval"}},
        {"value": {"os": "x"}},
        {"value": {}},
        {"value": {"list": [], "tuple": []}},
        {"value": 1, "changed": [[0, {"dict": [[], []]}]]},
        {"value": 1, "changed": [[7, {"list": []}]]},
        {"value": 1, "changed": [[0, 5]]},
        {"value": 1, "changed": 5},
        {"raise": 5},
        {"raise": [5, 5]},
        [],
        5,
        None,
    ],
)
def test_a_forged_reply_is_the_programs_end(sandbox: Sandbox, reply: object) -> None:
    source = f"""
import json, os
def f(x):
    body = json.dumps({reply!r}).encode()
    os.write(4, len(body).to_bytes(4, "little") + body)
"""
    result = sandbox.test_functions(source, ["assert f([1])", "assert True"])
    assert outcome(result) == ("runtime_error", []), result
