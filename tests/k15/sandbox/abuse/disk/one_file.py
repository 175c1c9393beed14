# promise: one growing file ends at the disk limit
# status: ok runtime_error memory_limit

written = 0
try:
    with open("k15abuse-big", "wb", 0) as file:
        while written < 512 << 20:
            written += file.write(bytes(1 << 20))
    print("ESCAPED: wrote 512 MiB")
except OSError as error:
    print(f"HELD: {error.strerror} after {written >> 20} MiB")
