# promise: no interface can be made or brought up over netlink

import socket
import struct

RTM_NEWLINK, NLM_F_REQUEST_ACK_CREATE = 16, 0x1 | 0x4 | 0x400
kind = struct.pack("HH", 10, 1) + b"dummy\x00\x00\x00"
body = struct.pack("BxHiII", 0, 0, 0, 1, 1) + struct.pack("HH", 4 + len(kind), 18) + kind
message = struct.pack("IHHII", 16 + len(body), RTM_NEWLINK, NLM_F_REQUEST_ACK_CREATE, 1, 0) + body
try:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as route:
        route.settimeout(0.5)
        route.send(message)
        error = struct.unpack_from("i", route.recv(4096), 16)[0]
    print("ESCAPED: made an interface" if error == 0 else f"HELD: error {-error}")
except OSError as refused:
    print(f"HELD: {refused}")
