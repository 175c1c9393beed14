# promise: the layers under the root file system cannot be opened by the paths that the mount table names
# args: secret_path

import os
import re
import sys

with open("/proc/self/mountinfo") as file:
    table = file.read()
layers = {path for match in re.findall(r"(?:upper|lower|work)dir=([^,\s]+)", table) for path in match.split(":")}
opened = [path for path in layers if path.startswith("/") and os.path.isdir(path) and path != "/"]
opened += [
    root for root in ("/oldroot", "/.oldroot", "/.old", "/put_old", "/newroot") if os.path.exists(root + sys.argv[1])
]
print(f"ESCAPED: {opened}" if opened else f"HELD: {len(layers)} layers named, none in reach")
