# promise: anonymous files (memfd) count as memory
# status: memory_limit runtime_error

import os

for number in range(64):
    os.write(os.memfd_create(f"k15abuse{number}"), bytes(8 << 20))
print("ESCAPED: 512 MiB in anonymous files")
