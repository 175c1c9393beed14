# promise: a program has at most its allowance of processes
# limits: processes=16

import os
import time

born = 0
while born < 200:
    try:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
    except OSError as error:
        print(f"HELD: {born} children, then {error.strerror}")
        break
    born += 1
else:
    print(f"ESCAPED: {born} children")
