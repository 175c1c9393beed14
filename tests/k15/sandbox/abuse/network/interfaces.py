# promise: there is no network interface but, at most, a loopback of the sandbox's own

import socket

try:
    names = [name for _, name in socket.if_nameindex()]
except OSError as error:
    print(f"HELD: {error}")
else:
    print("HELD:" if set(names) <= {"lo"} else "ESCAPED: interfaces", names)
