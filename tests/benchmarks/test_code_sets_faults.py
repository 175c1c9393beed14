"""Planted faults change what comes back, whatever it is; mutants differ from the program in one place."""

from typing import Any

import pytest

from benchmarks.code_sets_faults import mutants, plant


def loaded(source: str) -> Any:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["f"]


@pytest.mark.parametrize(
    "value", [True, 0, 1e300, float("nan"), 2j, "", (), [1], {0}, frozenset(), {}, None, b"x", range(3)], ids=repr
)
def test_every_returned_value_becomes_another(value: object) -> None:
    planted = loaded(plant(f"nan = float('nan')\ndef f(x):\n    return {value!r}", "f", "always"))
    assert planted(1) != value and repr(planted(1)) != repr(value)


def test_calls_of_itself_stay_right() -> None:
    even = "def f(n):\n    return True if n == 0 else not f(n - 1)"
    planted = loaded(plant(even, "f", "always"))
    assert [planted(n) for n in range(4)] == [False, True, False, True]


def test_one_input_only() -> None:
    planted = loaded(plant("def f(n, by=2):\n    return n * by", "f", "first"))
    assert [planted(3), planted(4), planted(3), planted(3, by=3)] == [7, 8, 7, 9]


def test_mutants_differ_in_one_place() -> None:
    source = "def f(a, b):\n    return a + 1 <= b"
    assert sorted(mutants(source, 9)) == [
        "def f(a, b):\n    return a + 1 < b",
        "def f(a, b):\n    return a + 2 <= b",
        "def f(a, b):\n    return a - 1 <= b",
    ]
    assert len(mutants(source, 2)) == 2
    assert mutants("def f(a):\n    return a", 9) == []
