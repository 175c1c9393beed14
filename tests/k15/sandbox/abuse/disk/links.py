# promise: many links to one file end at a limit and are cleared away
# status: ok memory_limit cpu_limit
# limits: cpu_s=1 wall_s=4

import os

made = 0
try:
    os.close(os.open("k15abuse-one", os.O_CREAT))
    while made < 200_000:
        os.link("k15abuse-one", f"k15abuse-link{made}")
        os.symlink("k" * 200, f"k15abuse-soft{made}")
        made += 1
    print(f"ESCAPED: {made} links")
except OSError as error:
    print(f"HELD: {made} links, then {error.strerror}")
