# promise: an endless doubling of processes ends by the limits of its own program
# status: cpu_limit wall_limit memory_limit runtime_error
# limits: cpu_s=0.5

import contextlib
import os

while True:
    with contextlib.suppress(OSError):
        os.fork()
