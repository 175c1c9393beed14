# promise: no process shows an environment of the host in /proc

import os

for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            print(file.read())
    except OSError as error:
        print(error)
print("HELD: printed what there is")
