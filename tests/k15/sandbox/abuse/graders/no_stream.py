# promise: a program that did its work is no failure because it gave up its streams

import sys

print("HELD: ends", flush=True)
sys.stdout = sys.stderr = sys.stdin = None
