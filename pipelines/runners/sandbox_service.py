"""The sandbox for a stage in a container: a service beside it, on a socket that the container shows.

A container of a stage has neither the privileges nor the tools to isolate programs further, and no network. The
service ends with whoever holds it, however that ends: its standard input closes, and it removes its folder.
"""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from k15.errors import UserError

START_S = 60.0
END_S = 30.0


class SandboxService:
    """Started at once; `UserError` with the service's own reason where it cannot be."""

    def __init__(self) -> None:
        # For this user alone, who is the container's user too, whether the engine is rootless or not.
        self.folder = Path(tempfile.mkdtemp(prefix="k15-sandbox-"))
        self.socket = self.folder / "socket"
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (a pipe that nobody reads would stop it once full)
        command = [sys.executable, "-m", "k15.sandbox", "serve", "--with-stdin", "--socket", str(self.socket)]
        self._process = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,  # on Ctrl-C the stage still needs it to end
        )
        try:
            self._await_socket()
        except BaseException:
            self.close()
            raise

    def _await_socket(self) -> None:
        until = time.monotonic() + START_S
        while not self.socket.exists():
            if self._process.poll() is not None:
                raise UserError(f"the sandbox of the stage did not start: {self._complaint()}")
            if time.monotonic() > until:
                raise UserError(f"the sandbox of the stage did not start within {START_S:.0f} s")
            time.sleep(0.02)

    @property
    def url(self) -> str:
        return f"unix:{self.socket}"

    def _complaint(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("k15 sandbox: error: ") if lines else "it gave no reason"

    def close(self) -> None:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def require_reachable(url: str, *, network: bool) -> None:
    """`UserError` where the service at `url` cannot be asked from a container."""
    path = socket_of(url)
    if path is None and not network:
        raise UserError(
            f"K15_SANDBOX_URL={url} cannot be reached: a container of a stage has no network; give unix: and a socket, "
            "or unset it and a service is started for the stage"
        )
    if path is not None and not is_socket(path):
        raise UserError(
            f"K15_SANDBOX_URL={url} names no socket by its whole path; start the service there, or unset it"
        )


def socket_of(url: str) -> Path | None:
    path = url.removeprefix("unix:")
    return Path(path) if path != url else None


def is_socket(path: Path) -> bool:
    return path.is_absolute() and path.is_socket()
