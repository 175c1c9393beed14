# promise: a program cannot raise its own CPU limit
# status: cpu_limit
# limits: cpu_s=0.5

import resource
import signal

signal.signal(signal.SIGXCPU, signal.SIG_IGN)
for value in (resource.RLIM_INFINITY, 3600):
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (value, value))
    except (OSError, ValueError):
        pass
while True:
    pass
