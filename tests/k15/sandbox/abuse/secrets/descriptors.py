# promise: no descriptor but 0, 1 and 2 is open when a program starts

import os

open_ones = {}
for fd in range(3, 4096):
    try:
        os.fstat(fd)
    except OSError:
        continue
    try:
        open_ones[fd] = os.readlink(f"/proc/self/fd/{fd}")
        print(os.pread(fd, 200, 0))
    except OSError as error:
        open_ones[fd] = str(error)
print(f"ESCAPED: {open_ones}" if open_ones else "HELD: none")
