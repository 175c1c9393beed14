# promise: the memory of another process cannot be opened for writing

import os

held = []
for pid in [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]:
    for path in (f"/proc/{pid}/mem", f"/proc/{pid}/task/{pid}/mem"):
        try:
            os.close(os.open(path, os.O_RDWR))
        except OSError as error:
            held.append(error.strerror)
        else:
            print(f"ESCAPED: opened {path}")
print("HELD:", held)
