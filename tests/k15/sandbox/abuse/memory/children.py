# promise: the limit is of all processes together
# status: memory_limit

import os
import time

for _ in range(12):
    if os.fork() == 0:
        block = bytearray(b"x") * (40 << 20)
        time.sleep(2)
        os._exit(len(block) == 0)
if not any(os.wait()[1] for _ in range(12)):
    print("ESCAPED: 12 children held 40 MiB each")
raise SystemExit(1)
