# promise: no datagram reaches a socket of the host
# args: udp_port

import socket
import sys

try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(3):
            sender.sendto(b"from the sandbox", ("127.0.0.1", int(sys.argv[1])))
except OSError as error:
    print(f"HELD: {error}")
else:
    print("HELD: sent, if to anywhere, into a network without the host")
