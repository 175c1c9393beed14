# promise: the interpreter's own file cannot be opened for writing, also not after its process has gone

import os
import sys

held = []
handle = os.open("/proc/self/exe", os.O_PATH)
for path in ("/proc/self/exe", f"/proc/self/fd/{handle}", sys.executable, os.path.realpath(sys.executable)):
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError as error:
        held.append(error.strerror)
    else:
        print(f"ESCAPED: opened {path}")
print("HELD:", held)
