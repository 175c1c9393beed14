"""Set-up: what it says on a machine that lacks something, and that nothing of this machine is in the lock files."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.lock", "requirements-cuda.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "setup", tmp_path / "setup")
    return tmp_path


def make(checkout: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["make", "--no-print-directory", "-C", str(checkout), *arguments]
    return subprocess.run(command, cwd="/", capture_output=True, text=True)


def test_missing_python_is_one_line(checkout: Path) -> None:
    done = make(checkout, "environment", "PYTHON=python3.99")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("k15 set-up: python3.99 was not found; install Python 3.11")
    assert not (checkout / ".venv").exists()


def test_wrong_python_is_one_line(checkout: Path) -> None:
    old = checkout / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make(checkout, "environment", f"PYTHON={old}")
    assert done.returncode != 0
    assert f"k15 set-up: {old} is not Python 3.11" in done.stderr


def test_nothing_to_do_when_the_stamp_matches(checkout: Path) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").symlink_to(shutil.which("true") or "/bin/true")
    command = ["git", "hash-object", "--no-filters", "requirements.lock"]
    digest = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout.strip()
    (checkout / ".venv/k15-stamp").write_text(f"requirements.lock {digest}\n")
    env = {**os.environ, "PATH": _path_without_nvidia_smi(checkout)}
    done = subprocess.run(["setup/environment.sh"], cwd=checkout, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def _path_without_nvidia_smi(checkout: Path) -> str:
    folder = checkout / "path"
    folder.mkdir()
    for name in ("bash", "git", "dirname", "cat", "python3.11"):
        (folder / name).symlink_to(shutil.which(name) or name)
    (folder / "bwrap").symlink_to(shutil.which("true") or "/bin/true")
    return str(folder)


def test_stage_must_be_named(checkout: Path) -> None:
    assert "name the stage: make stage S=rl" in make(checkout, "-n", "stage").stderr


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-cuda.lock"])
def test_lock_files_hold_pins_only(name: str) -> None:
    for line in (ROOT / name).read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+(\[[a-z0-9,]+\])?==\S+", line), line
