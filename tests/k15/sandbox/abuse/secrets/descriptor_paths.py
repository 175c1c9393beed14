# promise: the standard descriptors lead to no directory or file of the host
# args: secret_path

import os
import sys

held = []
for fd in (0, 1, 2):
    target = os.readlink(f"/proc/self/fd/{fd}")
    try:
        with open(f"/proc/self/fd/{fd}/../../../..{sys.argv[1]}") as file:
            print("ESCAPED:", file.read())
    except OSError as error:
        held.append(error.strerror)
    # Pipes and anonymous files (memfd) lie in no directory; /dev/null is the sandbox's own.
    if target.startswith("/") and not target.startswith(("/dev/null", "/memfd:")):
        print(f"ESCAPED: descriptor {fd} is {target}")
print("HELD:", held)
