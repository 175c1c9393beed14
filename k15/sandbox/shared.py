"""The sandbox of this process: its own pool, or the service that K15_SANDBOX_URL names."""

import atexit
import os
import threading

from k15.sandbox.face import AnySandbox
from k15.sandbox.pool import Sandbox
from k15.sandbox.remote import RemoteSandbox

_shared: AnySandbox | None = None
_lock = threading.Lock()


def shared_sandbox() -> AnySandbox:
    """Started on first use, closed at the end of the process. `UserError` where neither is to be had."""
    global _shared
    with _lock:
        if _shared is None:
            url = os.environ.get("K15_SANDBOX_URL")
            _shared = RemoteSandbox(url) if url else Sandbox()
            atexit.register(_shared.close)
        return _shared


def _forget_in_child() -> None:
    """A forked child makes its own."""
    global _shared
    _shared = None


os.register_at_fork(after_in_child=_forget_in_child)
