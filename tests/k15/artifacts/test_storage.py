"""Publication: killed writers, writers at once, a full disk."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from k15.artifacts import Producer, dataset, publish, read_manifest, read_rows, verify, write_dataset
from k15.artifacts.storage import write_json
from k15.errors import ArtifactError

ROOT = Path(__file__).parents[3]
PRODUCER = Producer("curate", {})
WAITING_WRITER = """
import pathlib, sys, time
from k15.artifacts import Producer, dataset, publish
def build(directory):
    (directory / "half").write_text("half")
    print("building", flush=True)
    time.sleep(600)
publish(pathlib.Path(sys.argv[1]), "tokenizer", "tokenizer", Producer("curate", {}), build)
"""


def build_small(directory: Path) -> None:
    (directory / "tokenizer.json").write_text("{}")


def waiting_writer(target: Path) -> "subprocess.Popen[str]":
    writer = subprocess.Popen(
        [sys.executable, "-c", WAITING_WRITER, str(target)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "building\n"
    return writer


def test_a_killed_writer_leaves_no_artifact_and_the_next_one_clears_up(tmp_path: Path) -> None:
    target = tmp_path / "tokenizer"
    writer = waiting_writer(target)
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert [path.name.rsplit("-", 1)[0] for path in tmp_path.iterdir()] == [".tokenizer.partial"]
    with pytest.raises(ArtifactError, match="is missing"):
        verify(target)
    publish(target, "tokenizer", "tokenizer", PRODUCER, build_small)
    assert list(tmp_path.iterdir()) == [target]


def test_a_writer_at_work_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "tokenizer"
    writer = waiting_writer(target)
    try:
        publish(target, "tokenizer", "tokenizer", PRODUCER, build_small)
        verify(target, "tokenizer", "tokenizer")
        assert len(list(tmp_path.glob(".tokenizer.partial-*/half"))) == 1
    finally:
        writer.kill()
        writer.communicate()


def _write_repeatedly(target: Path, value: int, times: int) -> None:
    row = {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [value] * 1000, "lengths": [1000]}
    for _ in range(times):
        write_dataset(target, "tokens", [row], producer=PRODUCER)


def test_two_writers_at_once_leave_the_whole_work_of_one(tmp_path: Path) -> None:
    target = tmp_path / "tokens"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_repeatedly, args=(target, value, 20)) for value in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    verify(target, "dataset", "tokens")
    assert read_rows(target, "tokens")[0]["tokens"] in ([1] * 1000, [2] * 1000)
    assert list(tmp_path.iterdir()) == [target]


def test_a_failing_build_leaves_the_old_artifact(tmp_path: Path) -> None:
    def fail(directory: Path) -> None:
        (directory / "tokenizer.json").write_text("[")
        raise KeyboardInterrupt

    target = tmp_path / "tokenizer"
    old = publish(target, "tokenizer", "tokenizer", PRODUCER, build_small)
    with pytest.raises(KeyboardInterrupt):
        publish(target, "tokenizer", "tokenizer", PRODUCER, fail)
    assert read_manifest(target) == old
    assert list(tmp_path.iterdir()) == [target]


def test_a_smaller_artifact_keeps_no_file_of_the_larger_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "SHARD_BYTES", 1)
    rows = [{"stage": "pretrain", "domain": "math", "split": "train", "tokens": [1], "lengths": [1]}] * 600
    assert len(write_dataset(tmp_path / "data", "tokens", rows, producer=PRODUCER).files) == 3
    write_dataset(tmp_path / "data", "tokens", rows[:10], producer=PRODUCER)
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "manifest.json",
        "part-00000.parquet",
    ]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small tmpfs")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_leaves_the_old_artifact(small_disk: Path) -> None:
    row = {"stage": "pretrain", "domain": "math", "split": "train", "tokens": [1, 2], "lengths": [2]}
    old = write_dataset(small_disk / "data", "tokens", [row], producer=PRODUCER)
    noise = ({**row, "tokens": list(os.urandom(1000)), "lengths": [1000]} for _ in range(2000))
    with pytest.raises(OSError, match="No space left on device") as caught:
        write_dataset(small_disk / "data", "tokens", noise, producer=PRODUCER)
    assert caught.value.errno == 28
    assert verify(small_disk / "data") == old
    assert [path.name for path in small_disk.iterdir()] == ["data"]


def test_json_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics" / "a.json"
    write_json(path, {"b": 1, "a": "文"})
    assert path.read_text("utf-8") == '{\n "a": "文",\n "b": 1\n}\n'
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert path.read_text("utf-8").startswith('{\n "a"')
    assert list(path.parent.iterdir()) == [path]
