# promise: daemons that detach themselves in every way die with the run

import os
import signal
import time

for generation in range(4):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.setpgid(0, 0) if os.getsid(0) != os.getpid() else None
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_IGN)
        os.closerange(0, 64)
        os.chdir("/")
        while True:
            time.sleep(0.05 * (generation + 1))
print("HELD: unless some are found afterwards")
