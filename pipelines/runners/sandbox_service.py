"""The sandbox for a stage in a container: a service beside it, on a socket that the container shows.

A container of a stage has neither the privileges nor the tools to isolate programs further, and no network. The
service ends with whoever holds it, however that ends: its standard input closes.
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


class SandboxService:
    """Started at once; `UserError` with the service's own reason where it cannot be."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="k15-sandbox-"))
        self.folder.chmod(0o755)  # a rootless container may be another user
        self.socket = self.folder / "socket"
        command = [sys.executable, "-m", "k15.sandbox", "serve", "--with-stdin", "--socket", str(self.socket)]
        self._process = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + START_S
        while not self.socket.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                self.close()
                raise UserError(f"the sandbox of the stage did not start: {self._complaint()}")
            time.sleep(0.02)

    @property
    def url(self) -> str:
        return f"unix:{self.socket}"

    def _complaint(self) -> str:
        assert self._process.stderr
        lines = self._process.stderr.read().strip().splitlines()
        return lines[-1].removeprefix("k15 sandbox: error: ") if lines else "it gave no reason"

    def close(self) -> None:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
