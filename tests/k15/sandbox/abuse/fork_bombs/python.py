# promise: an endless doubling of processes ends by the limits of its own program
# status: cpu_limit wall_limit memory_limit runtime_error

import os

while True:
    try:
        os.fork()
    except OSError:
        pass
