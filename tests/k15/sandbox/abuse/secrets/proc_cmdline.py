# promise: no command line of the host shows in /proc

import os

for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("cmdline", "comm", "wchan", "stack"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                print(file.read())
        except OSError as error:
            print(error)
print("HELD: printed what there is")
