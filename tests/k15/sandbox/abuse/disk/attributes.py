# promise: extended attributes are no hidden store
# status: ok memory_limit runtime_error

import os

written = 0
try:
    for number in range(200):
        path = f"k15abuse-attr{number}"
        os.close(os.open(path, os.O_CREAT))
        for name in range(100):
            os.setxattr(path, f"user.k15abuse{name}", bytes(30000))
            written += 30000
    print(f"ESCAPED: {written >> 20} MiB in attributes")
except OSError as error:
    print(f"HELD: {error.strerror} after {written} bytes")
