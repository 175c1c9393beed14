"""The container runner: a stage in a container of this machine, driven through the Docker API.

Guarantees: the same command on the same files as the process runner, with the libraries of the same lock, so
the same artifacts; the code is read-only inside; files belong to the calling user; no network unless params
name an `s3://` place; the container ends with the runner, however that ends (the guard inside sees its
standard input close), and is removed always. Does not guarantee: a limit on memory or processors.
"""

import contextlib
import os
import queue
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import docker
from docker.errors import APIError, DockerException, ImageNotFound
from docker.models.containers import Container
from docker.types import DeviceRequest, Mount
from docker.utils.socket import frames_iter
from requests.exceptions import RequestException
from ruamel.yaml import YAML

from containers.engine import Engine, connect
from containers.images import RECIPE_LABEL, image_of, recipe_digest, tag
from k15.errors import UserError
from k15.params import FILE as PARAMS_FILE
from pipelines.runners.sandbox_service import SandboxService, is_socket, require_reachable, socket_of

WRITABLE = ("artifacts", "state", "metrics", "plots", "report", "recordings")
GUARD = Path("pipelines", "runners", "guard.py")
CONTROL = 3
OWNER_LABEL = "k15.runner"
# What decides results or reaches a service; everything else of the environment stays outside.
PASSED_ON = ("K15_", "AWS_", "CUDA_", "NVIDIA_", "NCCL_", "OMP_", "MKL_", "OPENBLAS_", "TORCH_", "VLLM_")
SHARED_MEMORY = "8g"
SANDBOX_URL = "K15_SANDBOX_URL"
STAGES_WITH_PROGRAMS = frozenset({"prompts", "rl", "long2short", "evaluate"})
"""Stages that may run untrusted programs, and then need a sandbox outside of their container."""


class ContainerRunner:
    def start(self, stage: str, variant: str | None, root: Path, env: Mapping[str, str]) -> "ContainerHandle":
        command = ["python", "-m", f"stages.{stage}", *([variant] if variant else [])]
        root, sandbox = root.resolve(), None
        if stage in STAGES_WITH_PROGRAMS:
            if url := {**os.environ, **env}.get(SANDBOX_URL):
                require_reachable(url, network=has_network(strings_of_params(root)))
            elif sandbox := start_sandbox(stage):
                env = {**env, SANDBOX_URL: sandbox.url}
        try:
            return start_contained(image_of(stage), command, root, env, sandbox)
        except BaseException:
            if sandbox:
                sandbox.close()
            raise


def start_sandbox(stage: str) -> SandboxService | None:
    """None where there can be none, which is said: the stage may have no program to run, and complains if it has."""
    try:
        return SandboxService()
    except UserError as error:
        print(f"k15: {stage} has no sandbox to run programs in: {error}", file=sys.stderr)
        return None


class ContainerHandle:
    """A container from before its start up to its removal.

    One attached stream carries both directions. Daemon threads read it and wait for the status: an interruption
    of the caller then splits no frame, and a caller that crashes takes the container with it. `sandbox` is closed with
    the container's end.
    """

    def __init__(self, engine: Engine, container: Container, sandbox: SandboxService | None = None) -> None:
        self._engine = engine
        self._sandbox = sandbox
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._status: queue.SimpleQueue[int | Exception] = queue.SimpleQueue()
        self._stream = container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        # The engine forgets a status with the removed container, so it is asked for before the start; the answer's
        # head, which comes at once, says that the question has arrived. (The client library's `wait` blocks.)
        api = engine.client.api
        address = f"{api.base_url}/v{api.api_version}/containers/{container.id}/wait"
        self._end = api.post(address, params={"condition": "next-exit"}, stream=True, timeout=None)
        for work in (self._read_lines, self._read_status):
            threading.Thread(target=work, daemon=True).start()
        container.start()

    def lines(self) -> Iterator[str]:
        while (line := self._lines.get()) is not None:
            yield line
        self._lines.put(None)  # for who asks again

    def wait(self) -> int:
        status = self._status.get()
        self._status.put(status)
        self._engine.close()
        if self._sandbox:
            self._sandbox.close()
        if isinstance(status, Exception):
            raise UserError(f"lost the container engine, and with it the stage ({one_line(status)}); run it again")
        return status

    def _read_lines(self) -> None:
        rest = {1: b"", 2: b""}  # standard output and standard error
        with contextlib.suppress(OSError):
            for stream, data in frames_iter(self._stream, tty=False):
                *complete, rest[stream] = (rest[stream] + data).split(b"\n")
                for line in complete:
                    self._lines.put(_text(line))
        for line in filter(None, rest.values()):
            self._lines.put(_text(line))
        self._lines.put(None)

    def _read_status(self) -> None:
        try:
            self._status.put(self._end.json()["StatusCode"])
        except RequestException as error:
            self._status.put(error)

    def cancel(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream._sock.send(b"c")


def start_contained(
    image: str, command: list[str], root: Path, env: Mapping[str, str], sandbox: SandboxService | None = None
) -> ContainerHandle:
    engine = connect()
    try:
        remove_orphans(engine.client)
        require_image(engine.client, tag(image), recipe_digest(image))
        container = create(engine, image, command, root, env)
        try:
            return ContainerHandle(engine, container, sandbox)
        except BaseException:
            container.remove(force=True)
            raise
    except (DockerException, RequestException) as error:
        engine.close()
        raise UserError(f"the container engine refused: {one_line(error)}") from error
    except BaseException:
        engine.close()
        raise


def create(engine: Engine, image: str, command: list[str], root: Path, env: Mapping[str, str]) -> Container:
    # The guard reads its orders from descriptor 3, so that the stage gets an empty standard input.
    guard = ["sh", "-c", f'exec python -I -S "$0" {CONTROL} "$@" {CONTROL}<&0 </dev/null', str(root / GUARD)]
    passed_on = {**{name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}, **env}
    named = list(strings_of_params(root))
    return engine.client.containers.create(
        tag(image),
        command=[*guard, *command],
        working_dir=str(root),
        mounts=[*mounts(root, named), *socket_of_sandbox(passed_on.get(SANDBOX_URL, ""))],
        environment=passed_on,
        # In a rootless engine, root inside is the calling user outside.
        user="0:0" if engine.rootless else f"{os.getuid()}:{os.getgid()}",
        network_mode="host" if has_network(named) else "none",
        shm_size=SHARED_MEMORY,
        device_requests=gpus(engine),
        security_opt=["label=disable"],  # SELinux would need relabelled files instead
        labels={OWNER_LABEL: owner(os.getpid())},
        stdin_open=True,
        auto_remove=True,
    )


def mounts(root: Path, named: list[str]) -> list[Mount]:
    """The repository at its own path, read-only but for what stages write; inputs outside it, read-only."""
    for name in WRITABLE:
        (root / name).mkdir(exist_ok=True)
    outside = sorted({path for text in named if (path := outside_path(text, root))})
    return [
        Mount(str(root), str(root), type="bind", read_only=True),
        *(Mount(str(root / name), str(root / name), type="bind") for name in WRITABLE),
        *(Mount(str(path), os.path.realpath(path), type="bind", read_only=True) for path in outside),
    ]


def socket_of_sandbox(url: str) -> list[Mount]:
    path = socket_of(url)
    return [Mount(str(path), str(path), type="bind")] if path and is_socket(path) else []


def has_network(named: Iterable[str]) -> bool:
    return any(text.startswith("s3://") for text in named)


def outside_path(text: str, root: Path) -> Path | None:
    """Where a value of params.yaml leads outside the repository, if something is there. A link inside is followed:
    in the container it leads to the same place, which has to be mounted there."""
    if "://" in text:
        return None
    path = Path(os.path.normpath(root / text))
    while any(character in path.name for character in "*?["):
        path = path.parent
    if not os.path.exists(path):
        return None
    while link := next((place for place in (*reversed(path.parents), path) if _is_link_in(place, root)), None):
        path = Path(os.path.normpath(link.parent / link.readlink() / path.relative_to(link)))
    return None if path.is_relative_to(root) or root.is_relative_to(path) else path


def _is_link_in(path: Path, root: Path) -> bool:
    return path.is_relative_to(root) and path.is_symlink()


def strings_of_params(root: Path) -> Iterator[str]:
    waiting = [YAML(typ="safe", pure=True).load(root / PARAMS_FILE)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def gpus(engine: Engine) -> list[DeviceRequest]:
    if not os.path.exists("/dev/nvidiactl"):
        return []
    if engine.is_podman:
        return [DeviceRequest(driver="cdi", device_ids=["nvidia.com/gpu=all"])]
    return [DeviceRequest(count=-1, capabilities=[["gpu"]])]


def require_image(client: docker.DockerClient, name: str, recipe: str) -> None:
    try:
        labels = client.images.get(name).labels
    except ImageNotFound:
        raise UserError(f"image {name} is missing; run `make images`") from None
    if labels.get(RECIPE_LABEL) != recipe:
        raise UserError(f"image {name} was built from other requirements; run `make images`")


def owner(process: int) -> str:
    return f"{socket.gethostname()}:{process}"


def remove_orphans(client: docker.DockerClient) -> None:
    """Containers whose runner died and that the engine has not removed (it may have been killed itself)."""
    for found in client.api.containers(all=True, filters={"label": OWNER_LABEL}):
        host, _, process = found["Labels"][OWNER_LABEL].rpartition(":")
        if host != socket.gethostname() or _alive(int(process)):
            continue
        try:
            client.api.remove_container(found["Id"], force=True)
        except APIError as error:
            if error.status_code not in (404, 409):  # gone, or going by itself
                raise


def one_line(error: Exception) -> str:
    return " ".join(str(getattr(error, "explanation", None) or error).split())


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r")
