# promise: the channel between a virtual machine and its host (vsock), which no network namespace covers, is closed

import socket

try:
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
except OSError as error:
    print(f"HELD: {error}")
else:
    print("ESCAPED: a vsock socket")
