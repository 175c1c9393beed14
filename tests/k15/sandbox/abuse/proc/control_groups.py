# promise: a program cannot leave its control group or change its limits

import os

files = (
    "cgroup.procs",
    "tasks",
    "memory.max",
    "memory.limit_in_bytes",
    "pids.max",
    "release_agent",
    "notify_on_release",
    "cgroup.kill",
)
roots = {"/sys/fs/cgroup"}
with open("/proc/self/mountinfo") as mounts:
    roots |= {line.split()[4] for line in mounts if " - cgroup" in line}
opened = []
for root in roots:
    for directory, names, _ in os.walk(root):
        names[:] = names[:20]
        for name in files:
            try:
                os.close(os.open(os.path.join(directory, name), os.O_WRONLY))
            except OSError:
                continue
            opened.append(os.path.join(directory, name))
print(f"ESCAPED: {opened[:5]}" if opened else "HELD: none opened")
