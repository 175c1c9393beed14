"""The embedded runner: a stage is a process of this machine, in this Python environment.

The stage lives in its own session under `guard.py`, which ends it (and what it started) on cancellation and
when this process dies in whatever way.
"""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from k15.errors import UserError

GUARD = Path(__file__).with_name("guard.py")


class ProcessHandle:
    def __init__(self, process: "subprocess.Popen[str]", control: io.FileIO) -> None:
        self._process = process
        self._control = control

    def lines(self) -> Iterator[str]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield line.rstrip("\r\n")

    def wait(self) -> int:
        code = self._process.wait()
        return code if code >= 0 else 128 - code

    def cancel(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._control.write(b"c")


def start_guarded(command: Sequence[str], root: Path, env: Mapping[str, str]) -> ProcessHandle:
    """Start `command` in `root` with the environment `env`, so that it ends with this process."""
    control_read, control_write = os.pipe()
    control = io.FileIO(control_write, "w")
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), str(control_read), *command],
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(control_read,),
            start_new_session=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        control.close()
        raise UserError(f"cannot start {command[0]}: {error.strerror}; free memory or processes") from None
    finally:
        os.close(control_read)
    return ProcessHandle(process, control)


class ProcessRunner:
    def start(self, stage: str, variant: str | None, root: Path, env: Mapping[str, str]) -> ProcessHandle:
        command = [sys.executable, "-m", f"stages.{stage}", *([variant] if variant else [])]
        path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
        own = {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        return start_guarded(command, root, {**os.environ, **own, **env})
