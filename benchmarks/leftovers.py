"""What killed runs leave behind: processes that carry a mark in their environment."""

import os
import time
from pathlib import Path

_GRACE_S = 2.0


def leftovers(mark: str) -> list[str]:
    """The command lines of the processes that were started with `mark`=1 and have not ended soon after."""
    time.sleep(_GRACE_S)
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"{mark}=1".encode() in (entry / "environ").read_bytes().split(b"\0")
            if marked and int(entry.name) != os.getpid():
                found.append((entry / "cmdline").read_text().replace("\0", " ").strip())
        except (OSError, ValueError):
            continue  # it has ended, or is somebody else's
    return found
