# promise: a listening socket file of the host cannot be reached
# args: unix_path

import socket
import sys

try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
except OSError as error:
    print(f"HELD: {error}")
else:
    print("ESCAPED: connected to the host's socket file")
