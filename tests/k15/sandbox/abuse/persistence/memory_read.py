# promise: the source and the data of one run are nowhere in the memory of the next
# limits: cpu_s=4 wall_s=8

# Backwards, and without what follows in the other program: this one is not to find itself.
MARKER = b"-yromem-esuba51k"[::-1]
found = 0
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        span, rights = line.split()[:2]
        start, end = (int(part, 16) for part in span.split("-"))
        if not rights.startswith("rw") or "[v" in line:
            continue
        try:
            memory.seek(start)
            parts = memory.read(min(end - start, 1 << 24)).split(MARKER)
            found += sum(part.startswith(b"keptkept") for part in parts[1:])
        except (OSError, OverflowError, ValueError):
            continue
print(f"ESCAPED: {found} copies" if found else "HELD: none")
