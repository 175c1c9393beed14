# promise: a listener on the host's loopback address cannot be reached over TCP
# args: tcp_port

import socket
import sys

try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=0.5).sendall(b"GET / HTTP/1.0\r\n\r\n")
except OSError as error:
    print(f"HELD: {error}")
else:
    print("ESCAPED: connected to the host's listener")
