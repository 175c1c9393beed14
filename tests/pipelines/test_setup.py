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


@pytest.fixture
def ready(checkout: Path) -> Path:
    """A checkout whose .venv is as the lock file says."""
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").symlink_to(shutil.which("true") or "/bin/true")
    command = ["git", "hash-object", "--no-filters", "requirements.lock"]
    digest = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout.strip()
    (checkout / ".venv/k15-stamp").write_text(f"requirements.lock {digest}\n")
    return checkout


def programs(checkout: Path, **scripts: str) -> Path:
    """A folder for PATH with what the set-up calls, without nvidia-smi, and the given scripts."""
    folder = checkout / "path"
    folder.mkdir()
    for name in ("bash", "git", "dirname", "cat", "mkdir", "flock", "find", "touch", "rm", "ln", "sleep", "python3.11"):
        (folder / name).symlink_to(shutil.which(name) or name)
    for name, script in scripts.items():
        (folder / name.replace("_", "-")).write_text(f"#!/bin/bash\n{script}\n")
        (folder / name.replace("_", "-")).chmod(0o755)
    return folder


def start(checkout: Path, path: Path, *wrapper: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*wrapper, "setup/environment.sh"],
        cwd=checkout,
        env={**os.environ, "PATH": str(path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_nothing_to_do_when_the_stamp_matches(ready: Path) -> None:
    process = start(ready, programs(ready, bwrap="true"))
    assert (process.communicate(), process.returncode) == (("", ""), 0)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")


@as_root
def test_missing_packages_are_installed_once_by_two_at_once(ready: Path) -> None:
    path = programs(ready, apt_get="echo $* >>calls; [[ $* != *install* ]] || { sleep 0.5; ln -s bash path/bwrap; }")
    both = [start(ready, path) for _ in range(2)]
    said = sorted(process.communicate() for process in both)
    assert said == [("", ""), ("k15 set-up: installing bubblewrap\n", "")]
    assert [process.returncode for process in both] == [0, 0]
    calls = (ready / "calls").read_text().splitlines()
    assert len(calls) == 2 and calls[1].endswith("bubblewrap")


@as_root
def test_packages_that_cannot_be_installed_are_a_notice_and_not_tried_at_every_start(ready: Path) -> None:
    path = programs(ready, apt_get="exit 100")
    first = start(ready, path)
    assert "installing bubblewrap failed; the sandbox runs no programs" in first.communicate()[1]
    second = start(ready, path)
    assert (second.communicate(), first.returncode, second.returncode) == (("", ""), 0, 0)


def test_without_root_a_ready_environment_says_nothing(ready: Path) -> None:
    # In a user namespace of its own, root is nobody.
    nobody = [shutil.which("unshare") or "unshare", "--user"] if os.geteuid() == 0 else []
    if subprocess.run([*nobody, "true"], capture_output=True).returncode:
        pytest.skip("user namespaces are not allowed here")
    process = start(ready, programs(ready, apt_get="touch called"), *nobody)
    assert (process.communicate(), process.returncode) == (("", ""), 0)
    assert not (ready / "called").exists()


def test_stage_must_be_named(checkout: Path) -> None:
    assert "name the stage: make stage S=rl" in make(checkout, "-n", "stage").stderr


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-cuda.lock"])
def test_lock_files_hold_pins_only(name: str) -> None:
    for line in (ROOT / name).read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+(\[[a-z0-9,]+\])?==\S+", line), line
