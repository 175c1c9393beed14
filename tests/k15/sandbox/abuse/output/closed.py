# promise: a program that closes its output early is judged like any other, without delay

import os
import time

print("HELD: closes everything", flush=True)
os.closerange(0, 1024)
time.sleep(0.1)
