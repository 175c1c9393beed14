"""Arrays that lie on the disk are what they were."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from k15.curation.memory import on_disk


@dataclass(frozen=True)
class Inner:
    name: str
    values: np.ndarray


@dataclass(frozen=True)
class Outer:
    inner: list[Inner]
    by_name: dict[str, np.ndarray]


def test_every_array_of_a_dataclass_is_a_file_and_equal(tmp_path: Path) -> None:
    before = Outer([Inner("none", np.zeros(0, np.int8)), Inner("two", np.arange(6).reshape(2, 3))], {"x": np.ones(2)})
    after = on_disk(before, tmp_path)
    pairs = [*zip(before.inner, after.inner, strict=True)]
    assert [one.name for one in after.inner] == ["none", "two"]
    for mine, other in [*((a.values, b.values) for a, b in pairs), (before.by_name["x"], after.by_name["x"])]:
        assert isinstance(other, np.memmap) and other.dtype == mine.dtype and (other == mine).all()
    assert len(list(tmp_path.rglob("*.npy"))) == 3
