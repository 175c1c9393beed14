# promise: limits, priority, mask, affinity and working directory that a run sets are not met by the next run

import os
import resource
import signal

signs = {
    "umask": os.umask(0o022) == 0o777,
    "nice": os.nice(0) == 19,
    "ignored": signal.getsignal(signal.SIGTERM) == signal.SIG_IGN,
    "blocked": bool(signal.pthread_sigmask(signal.SIG_BLOCK, []) & {signal.SIGCHLD, signal.SIGUSR1}),
    "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0] in (7, 64),
    "size": resource.getrlimit(resource.RLIMIT_FSIZE)[0] == 7,
}
print(f"ESCAPED: {signs}" if any(signs.values()) else "HELD: as if it were the first run")
