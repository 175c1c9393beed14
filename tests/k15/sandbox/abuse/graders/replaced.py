# promise: a program that becomes another one is still judged by what that one does
# status: runtime_error

import os
import sys

print("HELD: becomes another", flush=True)
os.execv(sys.executable, [sys.executable, "-c", "import sys; sys.exit(7)"])
