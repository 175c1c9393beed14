"""The waiting process of a box: process 1 of its namespaces, with a warm interpreter.

For each request it forks a supervisor into a new PID namespace, waits until that namespace is empty, and says so.
It never reads what a tested program is made of: programs, inputs and outputs travel through descriptors that only
the forked processes use, so that nothing of one run is in the memory that the next one inherits. It ends when the
pool at the other end of its socket does, however that ended.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

from . import kernel, supervisor

_LARGEST_REQUEST = 1 << 16
_DESCRIPTORS = 16

# What programs import most. A module that is here costs them nothing.
_WARM = """abc argparse array ast atexit base64 bisect builtins calendar cmath codecs collections.abc contextlib copy
csv dataclasses datetime decimal enum errno fractions functools hashlib heapq inspect io itertools json keyword
linecache locale math numbers operator os.path pathlib platform pprint queue random re secrets select shutil signal site
stat statistics string struct subprocess tempfile textwrap threading time timeit traceback types typing unicodedata uuid
warnings weakref zlib"""


def main() -> None:
    for name in _WARM.split():
        importlib.import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # process 1 has no use for Python's own handler
    control = socket.socket(fileno=int(sys.argv[1]))
    setup, descriptors = _receive(control)
    if setup is None:
        return
    os.sched_setaffinity(0, setup["cores"])
    kernel.die_with_parent()
    kernel.empty_capability_bounds()
    kernel.set_dumpable(False)
    box = supervisor.Box(setup["user"], control, *descriptors)
    namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
    gc.collect()
    gc.freeze()
    control.send(b'{"ready": true}')
    while True:
        request, descriptors = _receive(control)
        if request is None:
            return
        pid = _fork(namespace)
        if pid == 0:
            supervisor.supervise(box, request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        os.waitpid(pid, 0)  # returns when every process of the namespace is gone
        control.send(json.dumps({"done": True, "number": request["number"]}).encode())


def _receive(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    message, descriptors, _, _ = socket.recv_fds(control, _LARGEST_REQUEST, _DESCRIPTORS)
    return (json.loads(message) if message else None), descriptors


def _fork(namespace: int) -> int:
    """A child that is process 1 of a new PID namespace; this process goes on in its own, `namespace`."""
    kernel.unshare(kernel.CLONE_NEWPID)
    pid = os.fork()
    if pid:
        kernel.setns(namespace, kernel.CLONE_NEWPID)
    return pid


if __name__ == "__main__":
    main()
