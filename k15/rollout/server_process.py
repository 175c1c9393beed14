"""The operating system's side of a served engine: `server` started, waited for, and ended with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from k15 import ranks

PARENT = "K15_ENGINE_PARENT"
"""Environment variable: id of the process that the server ends with."""
_ROOT = Path(__file__).resolve().parents[2]


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
            env={**ranks.without(), **own},
            start_new_session=True,  # a group of its own to be killed; and Ctrl-C is the parent's to decide
        )

    @property
    def group(self) -> int:
        """Its process group: the server and the engine's process."""
        return self._process.pid

    def death(self, within_s: float = 0.0) -> str | None:
        """How it ended, if it has, or does so within a while."""
        try:
            code = self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            return None
        killed = code == -signal.SIGKILL
        return "was killed, perhaps for want of memory" if killed else f"ended with code {code}, see its output above"

    def kill(self) -> None:
        """It holds nothing that has to be put away."""
        with suppress(ProcessLookupError):
            os.killpg(self.group, signal.SIGKILL)
        self._process.wait()
        self._directory.cleanup()
