# promise: the limits of other processes cannot be lowered
# args: host_pid

import os
import resource
import sys

held = []
for pid in {os.getppid(), 1, int(sys.argv[1])} - {0, os.getpid()}:
    try:
        resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1))
    except OSError as error:
        held.append(error.strerror or str(error))
    else:
        print(f"ESCAPED: limited process {pid}")
print("HELD:", held)
