# promise: CPU time of many short children, each far below the limit, adds up
# status: cpu_limit
# limits: cpu_s=0.25

import os

while True:
    if os.fork() == 0:
        for _ in range(1_000_000):
            pass
        os._exit(0)
    os.wait()
