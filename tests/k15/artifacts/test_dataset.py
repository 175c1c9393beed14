"""Datasets: round trips, determinism, refusal of rows that do not fit the schema."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from k15.artifacts import Producer, dataset, iter_dataset, read_dataset, read_manifest, read_rows, write_dataset
from k15.artifacts.schemas import DATASETS
from k15.errors import ArtifactError

PRODUCER = Producer("curate", {"curate": {"seed": 1}})


def value_of(kind: pa.DataType, number: int) -> Any:
    if pa.types.is_map(kind):
        return [(f"m{i}", value_of(kind.item_type, i)) for i in range(number % 3)]
    if pa.types.is_list(kind):
        return [value_of(kind.value_type, number + i) for i in range(number % 3)]
    if pa.types.is_struct(kind):
        return {field.name: value_of(field.type, number) for field in kind}
    if pa.types.is_string(kind):
        return f"文 {number}"
    if pa.types.is_binary(kind):
        return bytes([number % 256])
    if pa.types.is_boolean(kind):
        return number % 2 == 0
    return number / 2 if pa.types.is_floating(kind) else number


def rows_of(schema: str, count: int) -> list[dict[str, Any]]:
    return [{f.name: value_of(f.type, i) for f in DATASETS[schema].columns} for i in range(count)]


def bytes_of(path: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in path.iterdir()}


@pytest.mark.parametrize("schema", DATASETS)
def test_round_trip(tmp_path: Path, schema: str) -> None:
    rows = rows_of(schema, 700)
    manifest = write_dataset(tmp_path / "data", schema, rows, producer=PRODUCER)
    assert read_rows(tmp_path / "data", schema) == rows
    assert manifest == read_manifest(tmp_path / "data")
    assert (manifest.rows, manifest.kind, manifest.schema) == (700, "dataset", schema)
    assert manifest.bytes == sum(file.stat().st_size for file in (tmp_path / "data").glob("*.parquet"))


def test_missing_values_where_the_schema_allows_them(tmp_path: Path) -> None:
    rows = rows_of("rejection", 3)
    rows[1]["value"] = None
    write_dataset(tmp_path / "data", "rejection", rows, producer=PRODUCER)
    assert [row["value"] for row in read_rows(tmp_path / "data", "rejection")] == [0.0, None, 1.0]


def test_same_rows_give_the_same_bytes_however_they_are_batched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "SHARD_BYTES", 1)  # a shard is a batch of 256 rows
    rows = rows_of("vision_document", 1500)
    table = pa.Table.from_pylist(rows, DATASETS["vision_document"].columns)
    loose = pa.Table.from_pylist(rows)  # other types, columns in another order, validity bitmaps
    loose = loose.select(sorted(loose.column_names))
    batchings = {
        "mappings": rows,
        "one": [table],
        "slices": [table.slice(start, 37) for start in range(0, 1500, 37)],
        "mixed": [*rows[:300], loose.slice(300, 1000), *rows[1300:]],
    }
    for name, batching in batchings.items():
        write_dataset(tmp_path / name, "vision_document", batching, producer=PRODUCER)
    expected = bytes_of(tmp_path / "mappings")
    assert sorted(expected) == ["manifest.json", *(f"part-0000{i}.parquet" for i in range(6))]
    for name in batchings:
        assert bytes_of(tmp_path / name) == expected, name


def test_large_rows_start_new_row_groups_whatever_their_batches(tmp_path: Path) -> None:
    rows = rows_of("vision_document", 300)
    for row in rows:
        row["text"] *= 32_000  # 160 kB and more
    tables = (pa.Table.from_pylist(rows[start : start + 90]) for start in range(0, 300, 90))
    write_dataset(tmp_path / "a", "vision_document", rows, producer=PRODUCER)
    write_dataset(tmp_path / "b", "vision_document", tables, producer=PRODUCER)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
    shard = pq.ParquetFile(tmp_path / "a" / "part-00000.parquet").metadata
    assert [shard.row_group(i).num_rows for i in range(shard.num_row_groups)] == [256, 44]


def test_shards_keep_the_order_and_count_their_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "SHARD_BYTES", 1)
    rows = rows_of("tokens", 1000)
    manifest = write_dataset(tmp_path / "data", "tokens", rows, producer=PRODUCER)
    assert [file.rows for _, file in sorted(manifest.files.items())] == [256, 256, 256, 232]
    batches = list(iter_dataset(tmp_path / "data", "tokens", batch_rows=128))
    assert max(batch.num_rows for batch in batches) == 128
    assert [row for batch in batches for row in batch.to_pylist()] == rows


def test_some_columns(tmp_path: Path) -> None:
    write_dataset(tmp_path / "data", "sample", rows_of("sample", 5), producer=PRODUCER)
    table = read_dataset(tmp_path / "data", "sample", columns=["tokens", "suite"])
    assert table.schema.names == ["tokens", "suite"]
    assert table["tokens"].to_pylist() == [0, 1, 2, 3, 4]


def test_a_dataset_without_rows(tmp_path: Path) -> None:
    manifest = write_dataset(tmp_path / "data", "rejection", [], producer=PRODUCER)
    assert (manifest.rows, len(manifest.files)) == (0, 1)
    assert read_dataset(tmp_path / "data", "rejection").schema == DATASETS["rejection"].columns
    assert read_rows(tmp_path / "data", "rejection") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": 3}, "column `text` after row 256"),
        ({"text": None}, "column `text` has a row without a value"),
        ({"text": "\ud800"}, "column `text` after row 256"),
        ({"weight": "heavy"}, "column `weight` after row 256"),
        ({"colour": "red"}, "row 299 lacks, or has too many: colour"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    rows = rows_of("document", 300)
    rows[299] |= change
    with pytest.raises(ArtifactError, match=message):
        write_dataset(tmp_path / "data", "document", rows, producer=PRODUCER)
    assert list(tmp_path.iterdir()) == []


def test_a_row_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    row = rows_of("document", 1)[0]
    del row["meta"]
    with pytest.raises(ArtifactError, match="row 0 lacks, or has too many: meta"):
        write_dataset(tmp_path / "data", "document", [row], producer=PRODUCER)


def test_a_table_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(rows_of("tokens", 3))
    with pytest.raises(ArtifactError, match="lacks, or has too many: lengths"):
        write_dataset(tmp_path / "data", "tokens", [table.drop(["lengths"])], producer=PRODUCER)
    too_large = table.set_column(1, "domain", pa.array([[1], [2], [3]]))
    with pytest.raises(ArtifactError, match="column `domain`"):
        write_dataset(tmp_path / "data", "tokens", [too_large], producer=PRODUCER)


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("begun", ["SHARD_BYTES", "GROUP_BYTES"])
def test_rows_that_end_in_an_error_leave_the_old_dataset(
    begun: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two shards, and within one, whose writer says nothing."""
    monkeypatch.setattr(dataset, begun, 1)

    def broken() -> Iterator[dict[str, Any]]:
        yield from rows_of("prompt", 600)
        raise RuntimeError("source failed")

    old = write_dataset(tmp_path / "data", "prompt", rows_of("prompt", 2), producer=PRODUCER)
    with pytest.raises(RuntimeError, match="source failed"):
        write_dataset(tmp_path / "data", "prompt", broken(), producer=PRODUCER)
    assert read_manifest(tmp_path / "data") == old
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_the_size_of_a_slice_is_that_of_its_rows() -> None:
    values = pa.array(
        [[(f"m{i}", float(i)) for i in range(n % 4)] for n in range(100)], pa.map_(pa.string(), pa.float64())
    )
    lists = pa.array([["文" * n, None] for n in range(100)], pa.list_(pa.string()))
    for array in (values, lists):
        assert sum(dataset._size(array.slice(start, 7)) for start in range(0, 100, 7)) == dataset._size(array)
        assert dataset._size(array.slice(40, 7)) == dataset._size(pa.array(array[40:47].to_pylist(), array.type))
