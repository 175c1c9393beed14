"""Manifests: identity and lineage, publication of directories, and every kind of damage."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from k15.artifacts import Producer, dataset, publish, read_dataset, read_manifest, verify, write_dataset
from k15.artifacts.manifest import File, Manifest, revision
from k15.errors import ArtifactError

ROOT = Path(__file__).parents[3]
TOKENS = [{"stage": "pretrain", "domain": "math", "split": "train", "tokens": [1, 2, 3], "lengths": [2, 1]}] * 50


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(dataset, "BATCH_ROWS", 30)
    monkeypatch.setattr(dataset, "SHARD_BYTES", 1)
    path = tmp_path / "artifacts" / "curate" / "tokens"
    write_dataset(path, "tokens", TOKENS, producer=Producer("curate", {"seed": 1}))
    return path


def build_checkpoint(directory: Path) -> None:
    for name in (
        "megatron/iter_0000100/__0_0.distcp",
        "hf/model.safetensors",
        "model.json",
        "tokenizer/empty",
    ):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(b"" if name.endswith("empty") else name.encode() * 100)


@pytest.fixture
def checkpoint(tmp_path: Path, tokens: Path) -> Path:
    path = tmp_path / "artifacts" / "long2short" / "merge"
    producer = Producer("long2short.merge", {"share": 0.5}, [tokens])
    publish(path, "checkpoint", "checkpoint", producer, build_checkpoint)
    return path


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def test_a_published_directory(checkpoint: Path, tokens: Path) -> None:
    manifest = verify(checkpoint, "checkpoint", "checkpoint")
    assert set(manifest.files) == {
        "megatron/iter_0000100/__0_0.distcp",
        "hf/model.safetensors",
        "model.json",
        "tokenizer/empty",
    }
    assert manifest.parents == {"curate/tokens": read_manifest(tokens).digest}
    assert (manifest.stage, manifest.params, manifest.rows) == ("long2short.merge", {"share": 0.5}, None)
    assert manifest.files["model.json"] == File(hashlib.sha256(b"model.json" * 100).hexdigest(), 1000)


def test_the_manifest_names_no_place_and_no_time(checkpoint: Path, tmp_path: Path) -> None:
    first = (checkpoint / "manifest.json").read_bytes()
    assert str(tmp_path).encode() not in first
    shutil.rmtree(checkpoint)
    tokens = tmp_path / "artifacts" / "curate" / "tokens"
    elsewhere = tmp_path / "other" / "artifacts" / "curate" / "tokens"
    shutil.copytree(tokens, elsewhere)
    publish(
        checkpoint,
        "checkpoint",
        "checkpoint",
        Producer("long2short.merge", {"share": 0.5}, [elsewhere]),
        build_checkpoint,
    )
    assert (checkpoint / "manifest.json").read_bytes() == first


def manifest_of(**changes: object) -> Manifest:
    values = {
        "kind": "dataset",
        "schema": "tokens",
        "schema_version": 1,
        "rows": 1,
        "bytes": 10,
        "files": {"part-00000.parquet": File("ab", 10, 1)},
        "stage": "curate",
        "params": {"seed": 1},
        "params_digest": "cd",
        "parents": {"a/b": "ef"},
        "revision": "one",
    }
    return Manifest(**(values | changes)).sealed()  # type: ignore[arg-type]


def test_the_digest_covers_everything_but_the_revision_and_the_checksum_that_too() -> None:
    base = manifest_of()
    other = manifest_of(revision="two")
    assert other.digest == base.digest
    assert other.checksum != base.checksum
    changes = [
        {"params": {"seed": 2}},
        {"parents": {"a/b": "00"}},
        {"files": {"part-00000.parquet": File("ac", 10, 1)}},
        {"stage": "sft"},
        {"schema_version": 2},
        {"rows": 2},
    ]
    assert len({base.digest, *(manifest_of(**change).digest for change in changes)}) == len(changes) + 1


def test_every_flipped_byte_of_a_manifest_is_noticed(tokens: Path) -> None:
    path = tokens / "manifest.json"
    good = path.read_bytes()
    for offset in range(len(good)):
        flip(path, offset)
        with pytest.raises(ArtifactError, match=r"manifest\.json is corrupted; remove it and run `dvc repro curate`"):
            read_manifest(tokens)
        path.write_bytes(good)


@pytest.mark.parametrize("end", [0, 1, 100])
def test_a_truncated_manifest(tokens: Path, end: int) -> None:
    path = tokens / "manifest.json"
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(ArtifactError, match=r"manifest\.json is corrupted"):
        verify(tokens)


@pytest.mark.parametrize("name", ["megatron/iter_0000100/__0_0.distcp", "hf/model.safetensors", "model.json"])
@pytest.mark.parametrize("offset", [0, 300, -1])
def test_a_flipped_byte_in_a_checkpoint(checkpoint: Path, name: str, offset: int) -> None:
    verify(checkpoint)
    flip(checkpoint / name, offset)
    with pytest.raises(ArtifactError, match=f"{name} is corrupted .*dvc repro long2short@merge`"):
        verify(checkpoint, "checkpoint", "checkpoint")


@pytest.mark.parametrize("offset", [0, 500, -1])
def test_a_flipped_byte_in_a_dataset(tokens: Path, offset: int) -> None:
    read_dataset(tokens, "tokens")
    flip(tokens / "part-00001.parquet", offset)
    for read in (lambda: read_dataset(tokens, "tokens"), lambda: verify(tokens)):
        with pytest.raises(ArtifactError, match=r"part-00001\.parquet is corrupted .*`dvc repro curate`") as caught:
            read()
        assert "\n" not in str(caught.value)


def test_a_truncated_shard(tokens: Path) -> None:
    path = tokens / "part-00000.parquet"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ArtifactError, match=r"part-00000\.parquet is corrupted \(200 bytes"):
        read_dataset(tokens, "tokens")


def test_a_file_that_is_gone(tokens: Path, checkpoint: Path) -> None:
    (tokens / "part-00001.parquet").unlink()
    with pytest.raises(ArtifactError, match=r"part-00001\.parquet is missing; run `dvc repro curate`"):
        read_dataset(tokens, "tokens")
    (checkpoint / "tokenizer" / "empty").unlink()
    with pytest.raises(ArtifactError, match="tokenizer/empty is missing"):
        verify(checkpoint)


def test_an_artifact_that_is_missing_or_half_written(tmp_path: Path, tokens: Path) -> None:
    with pytest.raises(ArtifactError, match="rl/model is missing; run `dvc repro rl`"):
        verify(tmp_path / "artifacts" / "rl" / "model")
    (tokens / "manifest.json").unlink()
    with pytest.raises(ArtifactError, match=r"tokens is half-written \(no manifest\.json\); run `dvc repro curate`"):
        read_dataset(tokens, "tokens")


def test_the_wrong_kind_or_schema(tokens: Path, checkpoint: Path) -> None:
    with pytest.raises(ArtifactError, match="has schema `tokens`, `prompt` is needed"):
        read_dataset(tokens, "prompt")
    with pytest.raises(ArtifactError, match="has kind `checkpoint`, `dataset` is needed"):
        read_dataset(checkpoint, "tokens")


@pytest.mark.parametrize("changes", [{"schema_version": 99}, {"schema": "token"}])
def test_a_version_that_this_code_does_not_read(tmp_path: Path, changes: dict[str, object]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "manifest.json").write_text(manifest_of(**changes).render())
    with pytest.raises(ArtifactError, match=r"has version .* run `dvc repro curate`"):
        verify(tmp_path / "data")


def test_digests_are_checked_once_a_process_as_long_as_a_file_stays_as_it_is(tokens: Path) -> None:
    shard = tokens / "part-00000.parquet"
    verify(tokens)
    status = shard.stat()
    flip(shard, 500)
    os.utime(shard, ns=(status.st_atime_ns, status.st_mtime_ns))
    verify(tokens)  # what a file system does not show costs a second look
    code = f"import pathlib, k15.artifacts as a; a.verify(pathlib.Path({str(tokens)!r}))"
    fresh = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "part-00000.parquet is corrupted" in fresh.stderr
    shard.touch()
    with pytest.raises(ArtifactError, match=r"part-00000\.parquet is corrupted"):
        verify(tokens)


def test_parents_must_be_whole_to_be_parents(tmp_path: Path) -> None:
    producer = Producer("sft", {}, [tmp_path / "artifacts" / "pretrain"])
    with pytest.raises(ArtifactError, match="pretrain is missing; run `dvc repro pretrain`"):
        write_dataset(tmp_path / "data", "tokens", TOKENS, producer=producer)
    assert list(tmp_path.iterdir()) == []


def test_revision_from_git_and_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("K15_REVISION", raising=False)
    revision.cache_clear()
    head = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True)
    if head.returncode == 0:
        assert revision().removesuffix("-dirty") == head.stdout.strip()
    revision.cache_clear()
    monkeypatch.setenv("K15_REVISION", "abc")
    assert revision() == "abc"
    revision.cache_clear()


def test_importing_artifacts_does_not_import_torch() -> None:
    code = "import sys, k15.artifacts, k15.params, k15.stage; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"import json; {code}"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert not {"torch", "boto3", "transformers", "vllm"} & set(json.loads(done.stdout))
