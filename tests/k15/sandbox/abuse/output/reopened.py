# promise: output reopened by its /proc name, or with a larger pipe, is still limited
# status: output_limit

import contextlib
import fcntl
import os

F_SETPIPE_SZ = 1031
with contextlib.suppress(OSError):
    fcntl.fcntl(1, F_SETPIPE_SZ, 1 << 20)
try:
    again = os.open("/proc/self/fd/1", os.O_WRONLY)
except OSError:
    again = os.dup(1)
for _ in range(10_000):
    os.write(again, b"x" * 65536)
