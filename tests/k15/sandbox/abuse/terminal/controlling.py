# promise: there is no controlling terminal, and none can be taken from the server

import fcntl
import os
import termios

held = []
try:
    os.setsid()
except OSError as error:
    held.append(error.strerror)
for path in ("/dev/tty", "/dev/console", "/dev/tty0", "/dev/tty1", "/dev/ttyS0", "/dev/pts/0", "/dev/pts/1"):
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(fd, termios.TIOCSCTTY, 1)
    except OSError as error:
        held.append(error.strerror)
    else:
        print(f"ESCAPED: took {path}")
print("HELD:", sorted(set(held)))
