# promise: the standard descriptors lead to no directory or file of the host
# args: secret_path

import os
import sys

held = []
for fd in (0, 1, 2):
    for path in (f"/proc/self/fd/{fd}/../../../..{sys.argv[1]}", os.path.join(os.path.dirname(os.readlink(f"/proc/self/fd/{fd}")), "")):
        try:
            print(f"ESCAPED: {path}: {os.listdir(path) if os.path.isdir(path) and path.strip('/') else open(path).read()}")
        except OSError as error:
            held.append(error.strerror)
print("HELD:", held)
