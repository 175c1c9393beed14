"""Datasets on a real S3 server."""

import multiprocessing
from pathlib import Path
from typing import Any

import boto3
import pytest

from k15.artifacts import Producer, dataset, iter_dataset, read_manifest, read_rows, verify, write_dataset
from k15.errors import ArtifactError

PRODUCER = Producer("curate", {"seed": 1})


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of three rows."""
    monkeypatch.setattr(dataset, "BATCH_ROWS", 3)
    monkeypatch.setattr(dataset, "SHARD_BYTES", 1)


def rows(count: int, value: int = 0) -> list[dict[str, Any]]:
    kind = {"stage": "pretrain", "domain": "math", "split": "train"}
    return [{**kind, "tokens": [value, i], "lengths": [1, 1]} for i in range(count)]


def keys(url: str) -> list[str]:
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    found = boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return sorted(entry["Key"] for entry in found.get("Contents", []))


def change(url: str, key: str, body: bytes) -> None:
    boto3.client("s3").put_object(Bucket=url.removeprefix("s3://").split("/")[0], Key=key, Body=body)


def test_round_trip_with_the_manifest_of_a_local_dataset(tmp_path: Path, s3_bucket: str, small_shards: None) -> None:
    url = f"{s3_bucket}/corpus/tokens"
    remote = write_dataset(url, "tokens", rows(10), producer=PRODUCER)
    local = write_dataset(tmp_path / "tokens", "tokens", rows(10), producer=PRODUCER)
    assert remote == local == verify(url, "dataset", "tokens")
    assert read_rows(url, "tokens") == rows(10)
    assert sum(batch.num_rows for batch in iter_dataset(url, "tokens", columns=["domain"])) == 10
    assert len(keys(url)) == 5


def test_a_dataset_on_s3_as_a_parent(tmp_path: Path, s3_bucket: str) -> None:
    url = f"{s3_bucket}/tokens"
    parent = write_dataset(url, "tokens", rows(1), producer=PRODUCER)
    child = write_dataset(tmp_path / "data", "tokens", rows(1), producer=Producer("sft", {}, [url]))
    assert child.parents == {url: parent.digest}


def test_a_new_version_replaces_the_old_one_and_its_objects(s3_bucket: str, small_shards: None) -> None:
    url = f"{s3_bucket}/tokens"
    write_dataset(url, "tokens", rows(9), producer=PRODUCER)
    write_dataset(url, "tokens", rows(2, value=7), producer=PRODUCER)
    assert read_rows(url, "tokens") == rows(2, value=7)
    assert len(keys(url)) == 2


def test_a_writer_that_fails_leaves_the_old_version_readable(s3_bucket: str, small_shards: None) -> None:
    url = f"{s3_bucket}/tokens"
    write_dataset(url, "tokens", rows(9), producer=PRODUCER)
    with pytest.raises(ArtifactError, match="column `domain`"):
        write_dataset(url, "tokens", [*rows(6, value=1), {**rows(1)[0], "domain": 1}], producer=PRODUCER)
    assert read_rows(url, "tokens") == rows(9)


def test_damage_is_found(s3_bucket: str) -> None:
    url = f"{s3_bucket}/tokens"
    write_dataset(url, "tokens", rows(500), producer=PRODUCER)
    shard = next(key for key in keys(url) if key.endswith(".parquet"))
    change(url, shard, b"PAR1")
    with pytest.raises(ArtifactError, match=r"part-00000\.parquet is corrupted \(4 bytes"):
        read_rows(url, "tokens")
    boto3.client("s3").delete_object(Bucket=s3_bucket.removeprefix("s3://"), Key=shard)
    with pytest.raises(ArtifactError, match=r"part-00000\.parquet is missing"):
        verify(url)
    change(url, "tokens/manifest.json", b"{}")
    with pytest.raises(ArtifactError, match=r"manifest\.json is corrupted"):
        read_manifest(url)


def test_what_is_not_there(s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArtifactError, match="tokens is missing"):
        read_manifest(f"{s3_bucket}/tokens")
    change(s3_bucket, "tokens/part-00000-abc.parquet", b"")
    with pytest.raises(ArtifactError, match="tokens is half-written"):
        read_manifest(f"{s3_bucket}/tokens")
    with pytest.raises(ArtifactError, match="give it as s3://bucket/prefix"):
        read_manifest(s3_bucket)
    with pytest.raises(ArtifactError, match="AWS_ENDPOINT_URL") as caught:
        write_dataset("s3://no-such-bucket/tokens", "tokens", rows(1), producer=PRODUCER)
    assert "\n" not in str(caught.value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(ArtifactError, match="AWS_ENDPOINT_URL"):
        read_manifest(f"{s3_bucket}/tokens")


def _write_repeatedly(url: str, value: int) -> None:
    dataset.BATCH_ROWS, dataset.SHARD_BYTES = 10, 1  # in a process of its own
    for version in range(3):
        write_dataset(url, "tokens", rows(30, value + version), producer=PRODUCER)


def test_two_writers_at_once_leave_the_whole_work_of_one(s3_bucket: str) -> None:
    url = f"{s3_bucket}/tokens"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_repeatedly, args=(url, value)) for value in (100, 200)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert read_rows(url, "tokens") in (rows(30, 102), rows(30, 202))
