# promise: there is no network interface but, at most, a loopback of the sandbox's own

import socket

names = [name for _, name in socket.if_nameindex()]
print("HELD:" if set(names) <= {"lo"} else "ESCAPED: interfaces", names)
