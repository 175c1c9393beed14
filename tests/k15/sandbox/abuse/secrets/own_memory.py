# promise: this process' own memory, though forked from a warm one, holds nothing of the server or of other programs
# limits: cpu_s=4 wall_s=8

MARKER = b":terces51k"[::-1]
found = []
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        span, rights = line.split()[:2]
        if not rights.startswith("r") or "[v" in line:
            continue
        start, end = (int(part, 16) for part in span.split("-"))
        try:
            memory.seek(start)
            block = memory.read(min(end - start, 1 << 24))
        except (OSError, OverflowError, ValueError):
            continue
        at = block.find(MARKER)
        while at >= 0:
            found.append(block[at : at + 48])
            at = block.find(MARKER, at + 1)
for text in found:
    print(text)
print("HELD: printed what there is")
