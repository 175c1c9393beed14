# promise: a crash leaves no core file for later runs, nor for the host
# status: runtime_error

import contextlib
import os
import resource
import signal

with contextlib.suppress(OSError, ValueError):
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
marker = "k15abuse-core" * 1000
print("READY:", len(marker), flush=True)
os.kill(os.getpid(), signal.SIGABRT)
