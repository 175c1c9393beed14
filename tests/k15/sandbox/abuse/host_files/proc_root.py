# promise: no process in view has another root or working directory through which the host's files show
# args: secret_path

import os
import sys

seen = 0
for pid in filter(str.isdigit, os.listdir("/proc")):
    for link in ("root", "cwd"):
        try:
            with open(f"/proc/{pid}/{link}/{sys.argv[1]}") as file:
                print(f"ESCAPED: through {pid}/{link}:", file.read())
        except OSError:
            seen += 1
print(f"HELD: {seen} ways tried")
