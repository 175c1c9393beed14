# promise: a program that forks and lets both sides return to its runner is one run with one verdict

import os
import sys

print("HELD: forks", flush=True)
os.fork()
os.fork()
sys.stdout.write("")
