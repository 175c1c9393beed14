# promise: output set to fail rather than wait does not confuse the reader

import fcntl
import os

for fd in (0, 1, 2):
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK | os.O_APPEND)
print("HELD: set", flush=True)
