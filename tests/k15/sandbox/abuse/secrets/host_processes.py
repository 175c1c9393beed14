# promise: only the sandbox's own few processes can be seen
# args: host_pid

import os
import sys

pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
if len(pids) > 8 or int(sys.argv[1]) in pids or os.getpid() > 100_000:
    print(f"ESCAPED: sees {len(pids)} processes")
print("HELD:", pids)
