"""Texts in parts and partitions: the same whichever way they were cut, and columns beside them row by row."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from k15.curation import parts
from k15.curation.document import Broken, Document

DOCUMENTS = [Document(f"s/{n}", f"text {n} " * (n % 7 + 1), "english", "s", "en", {"n": str(n)}) for n in range(500)]


def written(directory: Path, cuts: int, order: Sequence[Document] = DOCUMENTS) -> list[Path]:
    paths = [directory / f"{cut} of {cuts}.parquet" for cut in range(cuts)]
    for cut, path in enumerate(paths):
        parts.write_texts(path, order[cut::cuts])
    return paths


def whole(paths: list[Path], count: int) -> list[pa.Table]:
    return [parts.partition([(path, ()) for path in paths], n, count, parts.TEXTS.names) for n in range(count)]


@pytest.mark.parametrize("count", [1, 4])
def test_partitions_do_not_depend_on_the_units(tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    first = whole(written(tmp_path, 1), count)
    monkeypatch.setattr(parts, "GROUP_BYTES", 300)
    monkeypatch.setattr(parts, "RUN_BYTES", 1000)
    shuffled = random.Random(1).sample(DOCUMENTS, len(DOCUMENTS))
    second = whole(written(tmp_path, 7, shuffled), count)
    assert [table.to_pylist() for table in first] == [table.to_pylist() for table in second]
    assert sum(table.num_rows for table in first) == len(DOCUMENTS)
    assert all(table["key"].to_pylist() == sorted(table["key"].to_pylist()) for table in first)


def test_the_number_of_partitions_depends_on_the_bytes_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, seven = written(tmp_path, 1), written(tmp_path, 7)
    assert parts.text_bytes(one) == parts.text_bytes(seven)
    monkeypatch.setattr(parts, "PARTITION_BYTES", 1000)
    assert parts.partitions(one) == parts.partitions(path for path in seven) > 8
    assert parts.partitions([]) == 1


def test_what_is_broken_stands_among_the_texts(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parts.write_texts(path, [DOCUMENTS[0], Broken("s/broken", "english", "s", "not UTF-8", "abc")])
    rows = {row["id"]: row for row in pq.read_table(path).to_pylist()}
    assert rows["s/broken"]["broken"] == "not UTF-8" and rows["s/broken"]["text"] == "abc"
    assert rows["s/0"]["broken"] is None


def lengths(table: pa.Table) -> pa.Table:
    return pa.table({"length": pc.utf8_length(table["text"])})


def test_columns_beside_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "GROUP_BYTES", 300)
    paths = written(tmp_path, 3)
    beside = [path.with_suffix(".length") for path in paths]
    for path, output in zip(paths, beside, strict=True):
        parts.beside(path, output, ["text"], lengths).complete()
    both = [(path, [output]) for path, output in zip(paths, beside, strict=True)]
    table = parts.partition(both, 1, 2, ["text", "length"])
    assert table.num_rows > 100
    assert pc.utf8_length(table["text"]).to_pylist() == table["length"].to_pylist()
    grouped = list(parts.groups(paths[0], [beside[0]], ["id", "length"]))
    assert len(grouped) > 5 and sum(table.num_rows for table in grouped) == len(DOCUMENTS[0::3])


def test_no_texts_at_all(tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    parts.write_texts(path, [])
    assert parts.partition([(path, ())], 0, 1, ["id"]).num_rows == 0
    assert parts.text_bytes([path]) == 0
