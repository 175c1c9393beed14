# promise: limits, priority, mask, affinity and working directory that a run sets are not met by the next run

import contextlib
import os
import resource
import signal

os.umask(0o777)
os.nice(19)
with contextlib.suppress(OSError):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGUSR1})
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
for pid in {os.getppid(), 1}:
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
        try:
            resource.prlimit(pid, limit, (7, 7))
            os.sched_setaffinity(pid, {min(os.sched_getaffinity(0))})
            os.setpriority(os.PRIO_PROCESS, pid, 19)
        except OSError:
            pass
print("READY: set")
