# promise: killing everything in view kills nothing but the program's own processes
# status: ok runtime_error

import os
import signal

try:
    os.kill(-1, signal.SIGKILL)
except OSError as error:
    print(f"HELD: {error}")
else:
    print("HELD: unless a neighbour feels it")
