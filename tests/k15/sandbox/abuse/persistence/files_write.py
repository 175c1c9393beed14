# promise: files that a run leaves anywhere are gone in the next one

import os

kept = []
for directory in (
    "/tmp",
    "/var/tmp",
    "/dev/shm",
    "/run",
    "/box",
    "/root",
    "/home",
    "/etc",
    "/",
    "/dev",
    ".",
    os.path.expanduser("~"),
):
    try:
        with open(os.path.join(directory, "k15abuse-left"), "w") as file:
            file.write("left by an earlier run")
        os.makedirs(os.path.join(directory, "k15abuse-dir", "inner"), exist_ok=True)
        kept.append(directory)
    except OSError:
        pass
print("READY:", kept)
