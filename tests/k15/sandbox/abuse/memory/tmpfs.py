# promise: files in memory count against memory or disk
# status: ok memory_limit runtime_error

import os

written = 0
for directory in ("/dev/shm", "/tmp", "."):
    try:
        with open(f"{directory}/k15abuse-fill", "wb", 0) as file:
            for _ in range(512):
                written += file.write(bytes(1 << 20))
    except OSError as error:
        print(f"HELD: {directory}: {error.strerror} after {written >> 20} MiB", flush=True)
        os.path.exists(f"{directory}/k15abuse-fill") and os.remove(f"{directory}/k15abuse-fill")
if written >= 512 << 20:
    print("ESCAPED: wrote", written >> 20, "MiB")
