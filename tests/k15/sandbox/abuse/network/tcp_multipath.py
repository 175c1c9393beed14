# promise: multipath TCP is no way round the missing network
# args: tcp_port

import socket
import sys

IPPROTO_MPTCP = 262
try:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP) as client:
        client.settimeout(0.5)
        client.connect(("127.0.0.1", int(sys.argv[1])))
except OSError as error:
    print(f"HELD: {error}")
else:
    print("ESCAPED: connected to the host's listener")
