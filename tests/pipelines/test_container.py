"""The container runner with a real engine and a real image. Installs Podman where root and apt allow it."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from containers import build, engine
from containers.images import image_of, recipe_digest
from k15.artifacts.digests import file_digest
from k15.errors import UserError
from pipelines.runners import container
from pipelines.runners.process import ProcessRunner
from pipelines.runners.sandbox_service import SandboxService, require_reachable
from tests.stages.curate_params import SMALL

REPOSITORY = Path(__file__).parents[2]
CODE = ("k15", "stages", "pipelines")

PARAMS = {
    "curate": {
        **SMALL,
        "bundled": {
            "documents": {"english": 30, "chinese": 30, "code": 20, "math": 20, "knowledge": 20},
            "junk_share": 0.2,
            "vision_documents": 6,
            "pictures": {"counting": 2},
        },
        "sources": [
            {"name": "notes", "path": "../outside/*.jsonl", "format": "jsonl", "domain": "english", "lang": "en"}
        ],
        "validation": {"records": 10, "min_yield": 0.0},
        "filters": {"english": {}, "chinese": {}, "code": {}, "math": {}, "knowledge": {}},
    },
    "benchmarks": {"sets": [], "guarded": [], "decontamination": {}},
    "workers": {"engine": "local", "count": 1, "slurm": None},
}


def run(command: list[str]) -> None:
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    if result.returncode:
        pytest.skip(f"`{' '.join(command)}` failed here: {(result.stderr or result.stdout)[-400:]}")


@pytest.fixture(scope="module")
def image() -> None:
    """The current `k15-data` image."""
    try:
        command = engine.find_command()
    except UserError:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            pytest.skip("neither Docker nor Podman is here, and installing Podman takes root and apt")
        run(["apt-get", "update"])
        run(["apt-get", "install", "--yes", "--no-install-recommends", "podman", "runc"])
        command = engine.find_command()
    if command == "podman" and os.geteuid() == 0 and not shutil.which("mmdebstrap") and shutil.which("apt-get"):
        run(["apt-get", "install", "--yes", "--no-install-recommends", "mmdebstrap"])
    run([sys.executable, "-m", "containers.build", "data"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path, "repository")


def repository(parent: Path, name: str) -> Path:
    """A copy of the code, with small params and a source outside it."""
    for package in CODE:
        shutil.copytree(REPOSITORY / package, parent / name / package, ignore=shutil.ignore_patterns("__pycache__"))
    (parent / name / "params.yaml").write_text(json.dumps(PARAMS))
    outside = parent / "outside"
    outside.mkdir(exist_ok=True)
    rows = [{"text": f"Note {i}: the lighthouse keeper counted {i * 7} ships before dawn."} for i in range(9)]
    (outside / "notes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return parent / name


def files(root: Path) -> dict[str, str]:
    """Digest of every file that a stage made, but for the time it took."""
    made = (path for name in container.WRITABLE for path in (root / name).rglob("*") if path.is_file())
    return {str(path.relative_to(root)): file_digest(path) for path in made if "timing" not in path.parts}


def execute(root: Path, code: str, **env: str) -> tuple[list[str], int]:
    handle = container.start_contained("data", ["python", "-c", code], root, env)
    return list(handle.lines()), handle.wait()


def ours(process: int) -> list[str]:
    """The containers of one runner. A connection of its own: our Podman service ends when left idle."""
    label = f"{container.OWNER_LABEL}={container.owner(process)}"
    with engine.connect() as connected:
        return [found["Id"] for found in connected.client.api.containers(all=True, filters={"label": label})]


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_curate_gives_the_same_files_as_a_process(image: None, tmp_path: Path) -> None:
    here, contained = repository(tmp_path, "process"), repository(tmp_path, "container")
    env = {"K15_EVENTS": "1", "K15_REVISION": "test"}
    for root, runner in ((here, ProcessRunner()), (contained, container.ContainerRunner())):
        handle = runner.start("curate", None, root, env)
        lines = list(handle.lines())
        assert handle.wait() == 0, lines[-5:]
        assert any(line.startswith("@k15 ") for line in lines)
    assert "artifacts/curate/tokens/manifest.json" in files(here)
    assert files(contained) == files(here)
    assert ours(os.getpid()) == []


def test_stage_sees_its_arguments_environment_and_output_order(image: None, root: Path) -> None:
    code = "import os, sys; print(os.environ['K15_REVISION']); print(sys.stdin.read() == ''); sys.exit(7)"
    assert execute(root, code, K15_REVISION="abc") == (["abc", "True"], 7)


def test_code_is_read_only_and_files_belong_to_the_caller(image: None, root: Path) -> None:
    code = "open('artifacts/made', 'w'); open('k15/made', 'w')"
    lines, status = execute(root, code)
    assert status == 1 and "Read-only file system" in lines[-1]
    made = (root / "artifacts" / "made").stat()
    assert (made.st_uid, made.st_gid) == (os.getuid(), os.getgid())
    assert stat.S_ISREG(made.st_mode)


def test_network_only_for_s3(image: None, root: Path) -> None:
    code = "import socket; print(sorted(name for _, name in socket.if_nameindex()))"
    assert execute(root, code) == (["['lo']"], 0)
    (root / "params.yaml").write_text(json.dumps({"curate": {"sources": [{"path": "s3://bucket/key"}]}}))
    assert execute(root, code) == ([str(sorted(name for _, name in socket.if_nameindex()))], 0)


def test_programs_run_in_a_sandbox_beside_the_container(image: None, root: Path) -> None:
    code = "from k15.sandbox import shared_sandbox; print(shared_sandbox().run('python', 'print(6 * 7)'))"
    try:
        service = SandboxService()
    except UserError as error:
        pytest.skip(str(error))
    try:
        lines, status = execute(root, code, K15_SANDBOX_URL=service.url)
    finally:
        service.close()
    assert status == 0, lines
    assert "status='ok'" in lines[-1] and "stdout=b'42\\n'" in lines[-1]
    assert not service.folder.exists()


def test_the_sandbox_is_for_its_user_and_ends_with_a_killed_runner() -> None:
    script = """import time
from pipelines.runners.sandbox_service import SandboxService
print(SandboxService().socket, flush=True)
time.sleep(600)"""
    runner = subprocess.Popen(
        [sys.executable, "-c", script], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert runner.stdout is not None and runner.stderr is not None
        if not (said := runner.stdout.readline()):
            pytest.skip(runner.stderr.read().strip().splitlines()[-1])
        socket = Path(said.strip())
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    finally:
        runner.kill()
        runner.wait()
    assert eventually(lambda: not socket.parent.exists())


def test_a_sandbox_that_a_container_cannot_reach_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"127\.0\.0\.1:8015 cannot be reached: a container of a stage has no network"):
        require_reachable("http://127.0.0.1:8015", network=False)
    require_reachable("http://127.0.0.1:8015", network=True)
    for url in (f"unix:{tmp_path}/none", "unix:socket"):
        with pytest.raises(UserError, match="names no socket"):
            require_reachable(url, network=False)
        assert container.socket_of_sandbox(url) == []


def test_a_stage_without_a_sandbox_goes_on(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert container.start_sandbox("rl") is None
    assert "k15: rl has no sandbox to run programs in: the sandbox of the stage did not start" in capfd.readouterr().err


def test_cancel_ends_the_stage_with_sigterm(image: None, root: Path) -> None:
    handle = container.start_contained("data", ["python", "-c", SLEEP], root, {})
    lines = handle.lines()
    assert next(lines) == "asleep"
    handle.cancel()
    assert list(lines) == []
    assert handle.wait() == 143
    handle.cancel()
    assert eventually(lambda: ours(os.getpid()) == [])


SLEEP = "import time; print('asleep', flush=True); time.sleep(600)"
RUNNER = """
import sys
from pathlib import Path
from pipelines.runners.container import start_contained
handle = start_contained("data", ["python", "-c", sys.argv[1]], Path(sys.argv[2]), {})
for line in handle.lines():
    print(line, flush=True)
"""


def test_container_ends_with_a_killed_runner(image: None, root: Path) -> None:
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, SLEEP, str(root)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    try:
        assert runner.stdout is not None and runner.stdout.readline() == "asleep\n"
        assert len(ours(runner.pid)) == 1
    finally:
        runner.send_signal(signal.SIGKILL)
        runner.wait()
    assert eventually(lambda: ours(runner.pid) == [])


def test_containers_of_dead_runners_are_removed(image: None) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    with engine.connect() as connected:
        for process in (ended.pid, os.getpid()):
            labels = {container.OWNER_LABEL: container.owner(process)}
            connected.client.containers.create("k15-data", ["true"], labels=labels)
        container.remove_orphans(connected.client)
        (living,) = ours(os.getpid())
        connected.client.containers.get(living).remove()
    assert ours(ended.pid) == []


def test_missing_and_outdated_images_say_what_to_do(image: None) -> None:
    with engine.connect() as connected:
        container.require_image(connected.client, "k15-data", recipe_digest("data"))
        with pytest.raises(UserError, match="k15-absent is missing; run `make images`"):
            container.require_image(connected.client, "k15-absent", recipe_digest("data"))
        with pytest.raises(UserError, match="other requirements; run `make images`"):
            container.require_image(connected.client, "k15-data", "another")


def test_unreachable_daemon_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(UserError, match=r"no Docker daemon answers at unix://.*; start it"):
        engine.connect()


def test_every_stage_has_an_image() -> None:
    assert [image_of(stage) for stage in ("curate", "rl", "report")] == ["data", "train", "data"]


def test_inputs_outside_the_repository_are_mounted(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    (root / "inside").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "rows.jsonl").touch()
    (root / "data").symlink_to("inside/link")
    (root / "inside" / "link").symlink_to(tmp_path / "disk")
    (root / "here").symlink_to(root)
    named = {
        "../outside": tmp_path / "outside",
        "../outside/*.jsonl": tmp_path / "outside",
        str(tmp_path / "outside"): tmp_path / "outside",
        "inside/file": None,
        "../missing": None,
        "s3://bucket/key": None,
        "/": None,
        "english": None,
        "data/rows.jsonl": tmp_path / "disk" / "rows.jsonl",  # by a relative link to an absolute one
        "data/*.jsonl": tmp_path / "disk",
        "data": tmp_path / "disk",
        "here/inside": None,
        "data/missing": None,
    }
    assert {text: container.outside_path(text, root) for text in named} == named


def test_what_is_mounted_for_a_link(tmp_path: Path) -> None:
    """The container sees the link as it is, so its own destination has to be there, even where that is a link too."""
    root, disk, alias = tmp_path / "repository", tmp_path / "disk", tmp_path / "alias"
    root.mkdir()
    disk.mkdir()
    alias.symlink_to(disk)
    (root / "data").symlink_to(alias)
    (mount,) = container.mounts(root, ["data"])[1 + len(container.WRITABLE) :]
    assert (mount["Target"], mount["Source"], mount["ReadOnly"]) == (str(alias), str(disk), True)


def test_make_images_hands_the_base_to_the_builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$BASE" "$@"\n')
    python.chmod(0o755)
    command = ["make", "--silent", "--no-print-directory", "--old-file=environment", "images", "BASE=debian:12"]
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    said = subprocess.run([*command, f"PATH={path}"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    base, *module = said.stdout.splitlines()[:3]
    arguments = said.stdout.splitlines()[3:]
    assert (base, module) == ("debian:12", ["-m", "containers.build"])

    built = []

    class Recorder:
        def __init__(self, command: str) -> None:
            pass

        def recipe(self, image: str) -> str:
            return recipe_digest(image)

        def build(self, image: str, base: str) -> None:
            built.append((image, base))

    monkeypatch.setattr(build, "Builder", Recorder)
    monkeypatch.setattr(engine, "find_command", lambda: "podman")
    monkeypatch.setenv("BASE", base)
    assert build.main(arguments) == 0
    assert built == [("data", "debian:12"), ("train", "debian:12"), ("sandbox", "debian:12")]
