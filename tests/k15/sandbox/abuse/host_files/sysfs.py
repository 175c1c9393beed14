# promise: the host's hardware and control groups do not show in /sys, or at least cannot be changed there

import os

changed = []
for path in ("/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified"):
    try:
        os.mkdir(f"{path}/k15abuse")
    except OSError:
        continue
    changed.append(path)
    os.rmdir(f"{path}/k15abuse")
for path in (
    "/sys/kernel/uevent_helper",
    "/sys/power/state",
    "/sys/kernel/mm/ksm/run",
    "/sys/module/printk/parameters/time",
):
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError:
        continue
    changed.append(path)
blocks = os.listdir("/sys/block") if os.path.isdir("/sys/block") else []
print(f"ESCAPED: {changed} {blocks}" if changed or blocks else "HELD: nothing to see or change")
