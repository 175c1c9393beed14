# promise: who dies when memory is short is this program, though it asks the kernel to spare it
# status: memory_limit

try:
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")
except OSError:
    pass
kept = []
while len(kept) < 64:
    kept.append(bytearray(b"x") * (16 << 20))
print("ESCAPED: holds", len(kept) * 16, "MiB")
