# promise: a program that empties the interpreter under its runner is a crash at most
# status: ok runtime_error

import builtins
import sys

print("HELD: empties it", flush=True)
sys.modules.clear()
for name in list(vars(builtins)):
    if name not in ("delattr", "builtins"):
        delattr(builtins, name)
