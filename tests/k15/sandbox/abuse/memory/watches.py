# promise: watches, timers and pending signals, which the kernel holds for a user, are limited and cleared away
# status: ok memory_limit runtime_error cpu_limit

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
made = 0
watcher = libc.inotify_init()
for number in range(20_000):
    path = f"k15abuse-watch{number}"
    try:
        os.close(os.open(path, os.O_CREAT))
    except OSError:
        break
    made += libc.inotify_add_watch(watcher, path.encode(), 0xFFF) >= 0
timers = 0
timer = ctypes.c_void_p()
while timers < 20_000 and libc.timer_create(1, None, ctypes.byref(timer)) == 0:
    timers += 1
print(f"HELD: {made} watches, {timers} timers")
