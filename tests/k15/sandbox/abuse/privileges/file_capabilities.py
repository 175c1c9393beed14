# promise: a file cannot be given capabilities that count

import os
import shutil
import struct
import subprocess

rights = struct.pack("<5I", 0x02000001, 0xFFFFFFFF, 0, 0xFFFFFFFF, 0)
try:
    shutil.copy("/bin/cat", "k15abuse-cat")
    os.setxattr("k15abuse-cat", "security.capability", rights)
except OSError as error:
    print(f"HELD: {error}")
else:
    status = subprocess.run(["./k15abuse-cat", "/proc/self/status"], capture_output=True, text=True).stdout
    print("HELD: without effect" if "CapEff:\t0000000000000000" in status else f"ESCAPED: {status}")
