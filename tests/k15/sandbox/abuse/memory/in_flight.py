# promise: descriptors that are on their way through sockets, and hold each other, are limited and cleared away
# status: ok memory_limit runtime_error

import array
import socket

sent, pairs = 0, []
try:
    for _ in range(10_000):
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        rights = array.array("i", [one.fileno(), other.fileno()])
        one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        one.close()
        other.close()
        sent += 1
    print(f"ESCAPED: {sent} pairs in flight")
except OSError as error:
    print(f"HELD: {sent} pairs, then {error.strerror}")
