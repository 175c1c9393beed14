# promise: a program that stops itself does not hold its slot beyond the wall limit
# status: wall_limit
# limits: wall_s=1

import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
