# promise: running the toolchain's set-user-id files changes neither user nor capabilities
# limits: cpu_s=4 wall_s=8

import os
import stat
import subprocess

before = os.geteuid()
found = []
for directory in ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/libexec"):
    for name in os.listdir(directory) if os.path.isdir(directory) else []:
        path = os.path.join(directory, name)
        try:
            mode = os.stat(path).st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
            found.append(path)
with open("/proc/self/mountinfo") as file:
    lax = [line.split()[4] for line in file if "nosuid" not in line.split()[5]]
with open("/proc/self/status") as file:
    safe = "NoNewPrivs:\t1" in file.read()
for name in ("su", "mount", "passwd"):
    path = next((one for one in found if one.endswith(f"/{name}")), None)
    if path and b"uid=0" in subprocess.run([path, "--version"], capture_output=True, stdin=subprocess.DEVNULL).stdout:
        print(f"ESCAPED: {path}")
print("HELD:" if safe or not lax else "ESCAPED: set-user-id files would work", len(found), "files", before, lax[:3])
