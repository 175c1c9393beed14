# promise: a growing heap ends at the memory limit
# status: memory_limit

kept = []
while len(kept) < 64:
    kept.append(bytearray(b"x") * (16 << 20))
print("ESCAPED: holds", len(kept) * 16, "MiB")
