# promise: clearing up follows no link out: directories of the host that links point to are untouched
# args: secret_directory

import os
import sys

os.makedirs("k15abuse-tree/inner", exist_ok=True)
for place in ("k15abuse-tree/inner/out", "k15abuse-out", "k15abuse-tree/" + "x" * 200):
    os.symlink(sys.argv[1], place)
    os.symlink("/", place + "-root")
print("HELD: unless the host's files are gone")
