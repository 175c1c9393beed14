"""The two sides of a measurement take turns, after one unmeasured round each."""

import pytest

from benchmarks.setting import compare


def test_sides_take_turns(capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []

    def side(name: str) -> int:
        order.append(name)
        return 1000

    compare("copying", lambda: side("ours"), "cp", lambda: side("theirs"), repetitions=3)
    assert order == ["ours", "theirs"] * 4
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("copying: k15 ") and ", cp " in first
    assert second.startswith("copying: ratio ") and " in 3 repetitions), of CPU time " in second
