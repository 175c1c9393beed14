# promise: a program cannot raise its own CPU limit
# status: cpu_limit
# limits: cpu_s=0.25

import contextlib
import resource
import signal

signal.signal(signal.SIGXCPU, signal.SIG_IGN)
for value in (resource.RLIM_INFINITY, 3600):
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (value, value))
while True:
    pass
