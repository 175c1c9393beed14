# promise: the number of files is limited too
# status: ok memory_limit cpu_limit
# limits: cpu_s=1 wall_s=4

import os

made = 0
try:
    while made < 200_000:
        os.close(os.open(f"k15abuse-{made}", os.O_CREAT | os.O_WRONLY))
        made += 1
    print(f"ESCAPED: {made} files")
except OSError as error:
    print(f"HELD: {made} files, then {error.strerror}")
