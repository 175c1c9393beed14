# promise: no process in view can be seized, read, advised or have its descriptors listed

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE = 0x4206
others = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
for pid in others:
    if libc.ptrace(PTRACE_SEIZE, pid, None, None) == 0:
        print(f"ESCAPED: seized {pid}")
    try:
        print(f"ESCAPED: {pid} has {os.listdir(f'/proc/{pid}/fd')}")
    except OSError:
        continue
print(f"HELD: {len(others)} others")
