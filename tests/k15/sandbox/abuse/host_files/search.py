# promise: a search of the whole file system finds no file of the host by its name
# args: secret_name
# limits: cpu_s=4 wall_s=8

import os
import sys

TOOLCHAIN = ("/proc", "/sys", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/opt", sys.base_prefix)
found = []
for directory, names, files in os.walk("/"):
    names[:] = [name for name in names if os.path.join(directory, name) not in TOOLCHAIN]
    found += [os.path.join(directory, name) for name in names + files if sys.argv[1] in name]
print(f"ESCAPED: {found}" if found else "HELD: nothing of that name")
