# promise: a Python program gets no more threads than its allowance of processes
# limits: processes=16

import os
import threading
import time

born = 0
try:
    while born < 200:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        born += 1
    print(f"ESCAPED: {born} threads", flush=True)
except RuntimeError as error:
    print(f"HELD: {born} threads, then {error}", flush=True)
os._exit(0)
