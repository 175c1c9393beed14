"""The operating system's side of a served engine: `server` started, waited for, and ended with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from k15.errors import UserError

PARENT = "K15_ENGINE_PARENT"
"""Environment variable: id of the process that the server ends with."""
_ROOT = Path(__file__).resolve().parents[2]
_POLL_S = 0.1


class ServerProcess:
    """Ends with the thread that constructed it (the kernel's parent death signal), so let that be a lasting one."""

    def __init__(self, arguments: Sequence[str]) -> None:
        # Only this user can enter it: whoever reaches the socket can do anything with the engine.
        self._directory = tempfile.TemporaryDirectory(prefix="k15-engine-", ignore_cleanup_errors=True)
        self.socket = f"{self._directory.name}/http"
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
        own = {"PYTHONPATH": path, "VLLM_RPC_BASE_PATH": self._directory.name, PARENT: str(os.getpid())}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "k15.rollout.server", "--uds", self.socket, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, **own},
            start_new_session=True,  # a group of its own to be killed; and Ctrl-C is the parent's to decide
        )

    @property
    def group(self) -> int:
        return self._process.pid

    def wait(self, healthy: Callable[[], bool], limit_s: float) -> None:
        """Until `healthy`."""
        deadline = time.monotonic() + limit_s
        while not healthy():
            if (code := self._process.poll()) is not None:
                self.kill()
                raise UserError(f"an engine's server did not start (exit code {code}); see its output above")
            if time.monotonic() > deadline:
                self.kill()
                raise UserError(f"an engine's server did not start within {limit_s:g} s; see its output above")
            time.sleep(_POLL_S)

    def death(self) -> str | None:
        """Why it is dead, if it is."""
        code = self._process.poll()
        if code is None:
            return None
        return "killed, perhaps for want of memory" if code == -signal.SIGKILL else f"exit code {code}"

    def kill(self) -> None:
        """It holds nothing that has to be put away."""
        with suppress(ProcessLookupError):
            os.killpg(self.group, signal.SIGKILL)
        self._process.wait()
        self._directory.cleanup()
