# promise: the limit is of all processes together
# status: memory_limit
# limits: processes=16

import os
import time

for _ in range(12):
    if os.fork() == 0:
        block = bytearray(b"x") * (40 << 20)
        time.sleep(5)
        os._exit(len(block) == 0)
while True:
    try:
        pid, status = os.wait()
    except ChildProcessError:
        break
print("ESCAPED: 12 children held 40 MiB each, or died alone")
