# promise: a symbolic link leads to nothing that its maker could not open
# args: secret_path

import os
import sys

held = []
for number, target in enumerate(
    (sys.argv[1], "/etc/shadow", "/proc/1/root" + sys.argv[1], "/proc/self/root" + sys.argv[1])
):
    os.symlink(target, f"k15abuse-link{number}")
    try:
        with open(f"k15abuse-link{number}") as file:
            print("ESCAPED:", file.read())
    except OSError as error:
        held.append(error.strerror)
print("HELD:", held)
