"""Runs one command in its own session and ends all of it when told to, or when its owner dies.

Usage: guard.py CONTROL_FD COMMAND...   Standard library only and started with `-I -S`: it costs milliseconds.
The owner holds the other end of the control pipe. A byte on it: SIGTERM to the command's process group, then
SIGKILL after the grace time. End of file (the owner died, SIGKILL included): SIGKILL at once, so that a rerun
never meets the old process. The exit status is the command's, 128 + N after signal N; whatever the command
left running in its group is killed too.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 10.0


def _kill(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _watch(control: int, child: "subprocess.Popen[bytes]", ended: threading.Event) -> None:
    if os.read(control, 1):
        _kill(child.pid, signal.SIGTERM)
        if ended.wait(GRACE_SECONDS):
            return
    _kill(child.pid, signal.SIGKILL)


def main(argv: list[str]) -> int:
    control, command = int(argv[0]), argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the owner decides; its death is noticed through the pipe
    child = subprocess.Popen(command, start_new_session=True, restore_signals=True, preexec_fn=_default_signals)
    ended = threading.Event()
    threading.Thread(target=_watch, args=(control, child, ended), daemon=True).start()
    code = child.wait()
    ended.set()
    _kill(child.pid, signal.SIGKILL)
    return code if code >= 0 else 128 - code


def _default_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
