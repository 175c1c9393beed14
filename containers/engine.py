"""Finds the container engine and talks to it through the Docker API.

A Docker daemon that answers (`DOCKER_HOST`, or the default socket) is used as it is. Without one, Podman: its
API service is started on a socket of ours for as long as it is needed. If we are killed before stopping it,
the service ends by itself after `IDLE_SECONDS` without a connection.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import docker
from docker.errors import DockerException

from k15.errors import UserError

IDLE_SECONDS = 10
START_SECONDS = 30


def find_command() -> str:
    """The engine's command line, `docker` or `podman`, whichever `connect` would use."""
    if "DOCKER_HOST" in os.environ or _daemon_answers():
        return "docker"
    if shutil.which("podman"):
        return "podman"
    raise UserError(
        "no Docker daemon answers and Podman is not installed; "
        "install one (Debian: apt install podman runc) or set pipeline.runner to process"
    )


def podman_environment() -> dict[str, str]:
    """Root without systemd (a sandbox, a CI job) needs other defaults than Podman's own."""
    environment = dict(os.environ)
    bare_root = os.geteuid() == 0 and not Path("/run/systemd/system").exists()
    if bare_root and shutil.which("runc"):
        environment.setdefault("CONTAINERS_CONF", str(Path(__file__).with_name("containers.conf")))
    return environment


@dataclass
class Engine:
    """A connection to the engine, and the Podman service behind it when that is ours."""

    client: docker.DockerClient
    service: "PodmanService | None" = None

    def close(self) -> None:
        self.client.close()
        if self.service:
            self.service.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def rootless(self) -> bool:
        return any("rootless" in option for option in self.client.info().get("SecurityOptions") or ())

    @property
    def is_podman(self) -> bool:
        return any("Podman" in component["Name"] for component in self.client.version()["Components"])


class PodmanService:
    """`podman system service` on a unix socket in a directory of its own."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="k15-podman-")
        self.url = f"unix://{self._directory.name}/api.sock"
        # A session of its own: on Ctrl-C the runner still needs the service to end the stage. The shell tidies up
        # after a service that ended by itself.
        service = ["podman", "system", "service", f"--time={IDLE_SECONDS}", self.url]
        self._process = subprocess.Popen(
            ["sh", "-c", '"$@"; rm -rf "$0"', self._directory.name, *service],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=podman_environment(),
            start_new_session=True,
        )

    def connect(self) -> docker.DockerClient:
        """A client, once the service answers."""
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                return _client(self.url)
            except DockerException:
                time.sleep(0.05)
        self.stop()
        raise UserError("podman system service does not start; see what `podman info` says")

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()
        self._directory.cleanup()


def connect() -> Engine:
    if find_command() == "docker":
        try:
            return Engine(_client(os.environ.get("DOCKER_HOST")))
        except DockerException as error:
            address = os.environ.get("DOCKER_HOST", "the default socket")
            raise UserError(
                f"no Docker daemon answers at {address}; start it, or unset DOCKER_HOST to use Podman"
            ) from error
    service = PodmanService()
    return Engine(service.connect(), service)


def _client(url: str | None) -> docker.DockerClient:
    client = docker.DockerClient(base_url=url, version="auto")
    client.ping()
    return client


def _daemon_answers() -> bool:
    try:
        _client(None).close()
    except DockerException:
        return False
    return True
