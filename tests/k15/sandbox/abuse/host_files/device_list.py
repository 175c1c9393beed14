# promise: /dev holds only the harmless devices

import os
import stat

HARMLESS = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console"}
odd = []
for directory, _, files in os.walk("/dev"):
    for name in files:
        mode = os.lstat(os.path.join(directory, name)).st_mode
        if (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)) and name not in HARMLESS and directory != "/dev/pts":
            odd.append(os.path.join(directory, name))
print(f"ESCAPED: {odd}" if odd else "HELD: only harmless ones")
