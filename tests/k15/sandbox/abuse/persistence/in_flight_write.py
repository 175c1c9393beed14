# promise: descriptors that a run left on their way through sockets do not count against the next run

import array
import socket

try:
    for _ in range(10_000):
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        rights = array.array("i", [one.fileno(), other.fileno()])
        one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        one.close()
        other.close()
except OSError as error:
    print(f"READY: {error.strerror}")
