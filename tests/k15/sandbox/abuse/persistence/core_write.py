# promise: a crash leaves no core file for later runs, nor for the host
# status: runtime_error

import os
import resource
import signal

try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (OSError, ValueError):
    pass
marker = "k15abuse-core" * 1000
print("READY:", len(marker), flush=True)
os.kill(os.getpid(), signal.SIGABRT)
