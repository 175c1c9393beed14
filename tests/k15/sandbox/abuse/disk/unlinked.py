# promise: files that are open but already removed count too
# status: ok memory_limit runtime_error

import os

written, kept = 0, []
try:
    while written < 512 << 20:
        kept.append(os.open(f"k15abuse-{len(kept)}", os.O_CREAT | os.O_WRONLY))
        os.unlink(f"k15abuse-{len(kept) - 1}")
        written += os.write(kept[-1], bytes(4 << 20))
    print("ESCAPED: wrote 512 MiB")
except OSError as error:
    print(f"HELD: {error.strerror} after {written >> 20} MiB")
