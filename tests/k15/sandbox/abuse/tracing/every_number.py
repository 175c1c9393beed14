# promise: no process of any number can be attached to: neither neighbours nor the host's

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH = 16
attached = [pid for pid in range(1, 40_000) if pid != os.getpid() and libc.ptrace(PTRACE_ATTACH, pid, None, None) == 0]
print(f"ESCAPED: {attached}" if attached else f"HELD: {os.strerror(ctypes.get_errno())}")
