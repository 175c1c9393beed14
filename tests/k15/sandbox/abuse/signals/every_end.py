# promise: a child may end by any signal without an effect on the verdict about its parent

import os
import signal

for number in sorted(signal.valid_signals()):
    pid = os.fork()
    if pid == 0:
        os.kill(os.getpid(), number)
        os._exit(0)
    os.kill(pid, signal.SIGCONT)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
print("HELD: all of them")
