# promise: expected answers are neither in arguments, nor in input, nor in files near the program
# stdin: 2 3
# limits: cpu_s=2 wall_s=6

import os
import sys

print(sys.argv, sys.orig_argv, sys.stdin.read(), __file__ if "__file__" in globals() else "")
for root in {".", "..", os.path.dirname(os.path.abspath(sys.argv[0] or ".")), "/box", "/tmp", "/work"}:
    if os.path.realpath(root) == "/":
        continue
    for directory, names, files in os.walk(root):
        names[:] = names[:20]
        for name in files[:50]:
            try:
                with open(os.path.join(directory, name), "rb") as file:
                    print(name, file.read(2000))
            except OSError:
                continue
print("HELD: printed what there is")
