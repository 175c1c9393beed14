# promise: the arguments of one run are nowhere in the memory of the next
# limits: cpu_s=4 wall_s=20

import re

PATTERN = re.compile(b"-tsoh-51k"[::-1] + b"[0-9a-f]{16}")
found = set()
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        span, rights = line.split()[:2]
        start, end = (int(part, 16) for part in span.split("-"))
        if not rights.startswith("rw") or "[v" in line:
            continue
        try:
            memory.seek(start)
            found.update(PATTERN.findall(memory.read(min(end - start, 1 << 24))))
        except (OSError, OverflowError, ValueError):
            continue
print(f"ESCAPED: {found}" if found else "HELD: none")
