# promise: a crash leaves no core file for later runs, nor for the host

import glob
import os

found = [
    path
    for place in (".", "/tmp", "/", "/var/crash", "/var/lib/systemd/coredump")
    for path in glob.glob(os.path.join(place, "core*"))
]
print(f"ESCAPED: {found}" if found else "HELD: no core file")
