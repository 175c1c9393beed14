# promise: what a program does at its end, and with which code it ends, is its own: code 3 is a runtime error
# status: runtime_error

import atexit
import os
import sys

print("HELD: unless believed", flush=True)
atexit.register(lambda: os._exit(3))
sys.excepthook = lambda *_: None
raise RuntimeError
