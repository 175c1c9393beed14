# promise: the toolchain is read-only

import os
import shutil
import sys

written = []
for directory in {
    os.path.dirname(os.__file__),
    os.path.dirname(sys.executable),
    "/usr/bin",
    "/usr/lib",
    "/lib",
    "/bin",
}:
    try:
        with open(os.path.join(directory, "k15abuse"), "w") as file:
            file.write("planted")
        written.append(directory)
    except OSError:
        pass
for path in {shutil.which(name) or "" for name in ("bash", "gcc", "node", "sh")} | {os.__file__, sys.executable}:
    for change in (lambda p: os.close(os.open(p, os.O_WRONLY)), lambda p: os.chmod(p, 0o777), lambda p: os.utime(p)):
        try:
            change(path)
        except OSError:
            continue
        written.append(path)
print(f"ESCAPED: {sorted(written)}" if written else "HELD: read-only")
