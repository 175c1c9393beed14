# promise: the source and the data of one run are nowhere in the memory of the next
# limits: cpu_s=4 wall_s=8

MARKER = b"k15abuse" + b"-memory-" + b"kept"
found = 0
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        span, rights = line.split()[:2]
        start, end = (int(part, 16) for part in span.split("-"))
        if not rights.startswith("rw") or "[v" in line:
            continue
        try:
            memory.seek(start)
            found += memory.read(min(end - start, 1 << 24)).count(MARKER)
        except (OSError, OverflowError, ValueError):
            continue
print(f"ESCAPED: {found} copies" if found else "HELD: none")
