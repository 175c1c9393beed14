# promise: no name server answers: a query to the host's loopback address stays unanswered
# args: udp_port

import socket
import struct
import sys

query = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + b"\x09localhost\x00" + struct.pack(">2H", 1, 1)
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.3)
        client.sendto(query, ("127.0.0.1", int(sys.argv[1])))
        client.recv(512)
except OSError as error:
    print(f"HELD: {error}")
else:
    print("ESCAPED: a name server answered")
