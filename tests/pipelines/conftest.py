"""A copy of the repository with the smoke profile, a slow stage and a failing one, and its own Prefect server."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pipelines import server

ROOT = Path(__file__).resolve().parents[2]
CODE = ("k15", "stages", "pipelines", "conf", "dvc.yaml", ".dvc/config", ".dvc/.gitignore", ".dvcignore", ".gitignore")

SLOW_STAGE = """
import subprocess, sys, time
from k15.progress import Progress

child = subprocess.Popen(["sleep", "600"])
print(f"child {child.pid}", flush=True)
with Progress().task("waiting", 200) as task:
    for _ in range(200):
        time.sleep(0.1)
        task.advance(patience=0.5)
"""

FAILING_STAGE = """
import sys
print("k15 failing: error: wrong on purpose; leave it", file=sys.stderr)
sys.exit(2)
"""

MORE_STAGES = """
  slow:
    cmd: python -m pipelines.run slow
    deps: [stages/slow]
  failing:
    cmd: python -m pipelines.run failing
    deps: [stages/failing]
"""


def compose(root: Path, *overrides: str) -> None:
    """params.yaml, as `dvc exp run -S ...` writes it."""
    from dvc.utils.hydra import compose_and_dump

    compose_and_dump(root / "params.yaml", str(root / "conf"), None, "config", str(root), list(overrides))


def environment(root: Path) -> dict[str, str]:
    """This environment, less what would lead to another server."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {**env, "PYTHONPATH": str(root), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"}


def start(root: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "pipelines.run", *arguments]
    return subprocess.Popen(
        command, cwd="/", env=environment(root), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def copy_repository(root: Path) -> None:
    for name in CODE:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root / name)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    copy_repository(root)
    for name, text in (("slow", SLOW_STAGE), ("failing", FAILING_STAGE)):
        (root / "stages" / name).mkdir()
        (root / "stages" / name / "__init__.py").touch()
        (root / "stages" / name / "__main__.py").write_text(text)
    dvc_yaml = root / "dvc.yaml"
    dvc_yaml.write_text(dvc_yaml.read_text().replace("\nstages:\n", f"\nstages:{MORE_STAGES}\n", 1))
    compose(root, "profile=smoke")
    return root


@pytest.fixture(scope="session")
def prefect_api(project: Path) -> Iterator[httpx.Client]:
    """A client of the project's server, which two processes have tried to start at once."""
    ask = [sys.executable, "-c", "from pipelines import server; print(server.ensure(server.ROOT))"]
    both = [
        subprocess.Popen(ask, cwd=project, env=environment(project), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    addresses = {process.communicate()[0].strip() for process in both}
    assert len(addresses) == 1, "two servers for one checkout"
    with httpx.Client(base_url=addresses.pop(), timeout=30, trust_env=False) as client:
        yield client
    stop_server(project)


def server_pids(root: Path) -> list[int]:
    """Processes that run this checkout's server."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
            working = (entry / "cwd").resolve()
        except OSError:
            continue
        if b"pipelines.server" in command and working == server.home(root):
            found.append(int(entry.name))
    return found


def stop_server(root: Path) -> None:
    for pid in server_pids(root):
        os.kill(pid, 9)
