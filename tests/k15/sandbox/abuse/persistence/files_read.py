# promise: files that a run leaves anywhere are gone in the next one

import os

places = (
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
)
names = ("k15abuse-left", "k15abuse-dir")
found = [os.path.join(place, name) for place in places for name in names if os.path.lexists(os.path.join(place, name))]
print(f"ESCAPED: {found}" if found else "HELD: all gone")
