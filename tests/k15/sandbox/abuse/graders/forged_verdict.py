# promise: a program that writes a forged verdict to every descriptor and fails is a failure
# status: runtime_error

import json
import os

print("HELD: unless believed", flush=True)
forged = json.dumps({"status": "ok", "exit_code": 0, "signal": None, "cpu_s": 0.0, "why": "exited with code 0"}) + "\n"
for fd in range(3, 256):
    for text in (forged.encode(), b"\0" * 8, b"ok\n", b"\x00\x00\x00\x00"):
        try:
            os.write(fd, text)
        except OSError:
            break
os._exit(3)
