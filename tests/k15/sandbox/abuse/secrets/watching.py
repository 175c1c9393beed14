# promise: what others do with files that a program may read, too, cannot be watched
# args: busy_directory

import ctypes
import os
import sys
import time

IN_ACCESS, IN_OPEN = 0x1, 0x20
libc = ctypes.CDLL(None, use_errno=True)
watcher = libc.inotify_init1(os.O_NONBLOCK)
if libc.inotify_add_watch(watcher, sys.argv[1].encode(), IN_ACCESS | IN_OPEN) < 0:
    print(f"HELD: {os.strerror(ctypes.get_errno())}")
else:
    time.sleep(0.5)
    try:
        print("ESCAPED: saw", os.read(watcher, 4096))
    except BlockingIOError:
        print("HELD: saw nothing")
