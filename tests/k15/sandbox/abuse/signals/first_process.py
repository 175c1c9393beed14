# promise: the first process of the sandbox survives every signal, or its death is this program's own
# status: ok runtime_error

import os
import signal

for number in sorted(signal.valid_signals()):
    try:
        if os.getpid() != 1:
            os.kill(1, number)
    except OSError:
        pass
print("HELD: unless a neighbour feels it")
