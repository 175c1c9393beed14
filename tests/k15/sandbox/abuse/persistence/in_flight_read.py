# promise: descriptors that a run left on their way through sockets do not count against the next run

import socket

one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
try:
    for _ in range(20):
        socket.send_fds(one, [b"x"], [0, 1, 2])
except OSError as error:
    print(f"ESCAPED: the earlier run's count: {error.strerror}")
else:
    print("HELD: sent")
