# promise: nobody can be root of a new user namespace, the first step of most ways out

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER = 0x10000000
user = os.geteuid()
if libc.unshare(CLONE_NEWUSER) != 0:
    print(f"HELD: {os.strerror(ctypes.get_errno())}")
else:
    try:
        with open("/proc/self/uid_map", "w") as file:
            file.write(f"0 {user} 1")
    except OSError as error:
        print(error)
    print(f"ESCAPED: a user namespace, as user {os.geteuid()}")
