# promise: a daemon that a run leaves behind does not live into the next run

import contextlib
import os
import signal
import time

if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_IGN)
    os.closerange(0, 64)
    while True:
        time.sleep(0.01)
        for directory in ("/tmp", "/dev/shm", "."):
            with contextlib.suppress(OSError):
                os.close(os.open(f"{directory}/k15abuse-alive", os.O_CREAT | os.O_WRONLY))
print("READY: left a daemon")
