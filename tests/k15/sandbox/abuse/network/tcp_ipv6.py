# promise: a listener on the host's loopback address cannot be reached over IPv6, nor by an IPv4 address mapped into it
# args: tcp6_port tcp_port

import socket
import sys

reasons = []
for address, port in (("::1", sys.argv[1]), ("::ffff:127.0.0.1", sys.argv[2])):
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as client:
            client.settimeout(0.5)
            client.connect((address, int(port)))
    except OSError as error:
        reasons.append(str(error))
    else:
        print(f"ESCAPED: connected to {address}")
print("HELD:", "; ".join(reasons))
