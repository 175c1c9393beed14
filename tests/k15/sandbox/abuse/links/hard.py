# promise: no hard link to a file of the toolchain or of the host can be made
# args: secret_path

import os
import sys

held = []
for number, target in enumerate((sys.argv[1], "/etc/passwd", "/bin/sh", sys.executable, os.__file__, "/proc/self/exe")):
    try:
        os.link(target, f"k15abuse-hard{number}", follow_symlinks=True)
    except OSError as error:
        held.append(error.strerror)
    else:
        print(f"ESCAPED: linked {target}")
print("HELD:", held)
