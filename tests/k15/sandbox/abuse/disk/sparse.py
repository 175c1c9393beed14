# promise: a file of huge apparent size costs nothing and is cleared away at once
# status: ok runtime_error

import os

try:
    fd = os.open("k15abuse-sparse", os.O_CREAT | os.O_RDWR)
    os.ftruncate(fd, 1 << 40)
    os.pwrite(fd, b"end", (1 << 40) - 3)
except OSError as error:
    print(f"HELD: {error.strerror}")
else:
    blocks = os.fstat(fd).st_blocks
    print(f"HELD: {blocks} blocks" if blocks < 1024 else f"ESCAPED: {blocks} blocks")
