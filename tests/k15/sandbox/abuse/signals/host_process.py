# promise: a process of the host cannot be signalled by its number
# args: host_pid

import os
import signal
import sys

held = []
for pid in (int(sys.argv[1]), -int(sys.argv[1])):
    for number in (0, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except OSError as error:
            held.append(error.strerror)
        else:
            print("ESCAPED: signalled the host's process")
print("HELD:", set(held))
