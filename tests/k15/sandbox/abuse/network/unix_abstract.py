# promise: a listening socket of the host without a file (abstract) cannot be reached
# args: abstract_name

import socket
import sys

try:
    socket.socket(socket.AF_UNIX).connect("\0" + sys.argv[1])
except OSError as error:
    print(f"HELD: {error}")
else:
    print("ESCAPED: connected to the host's abstract socket")
