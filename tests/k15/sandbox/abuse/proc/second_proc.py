# promise: the process file system shows one view only: no other one is mounted anywhere

with open("/proc/self/mountinfo") as file:
    mounts = [line.split()[4] for line in file if " - proc " in line]
# Single files or directories of /proc may be covered by read-only mounts of the same one.
others = [place for place in mounts if place != "/proc" and not place.startswith("/proc/")]
print(f"ESCAPED: {others}" if others else f"HELD: {mounts}")
