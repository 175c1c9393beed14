# promise: anonymous files (memfd) count as memory
# status: memory_limit ok runtime_error

import os

try:
    fd = os.memfd_create("k15abuse")
    for _ in range(512):
        os.write(fd, bytes(1 << 20))
except OSError as error:
    print(f"HELD: {error.strerror}")
else:
    print("ESCAPED: 512 MiB in a memfd")
