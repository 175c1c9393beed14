# promise: a very deep tree of directories is cleared away
# status: ok memory_limit cpu_limit

import os

depth = 0
try:
    while depth < 5000:
        os.mkdir("k15abuse-" + "d" * 200)
        os.chdir("k15abuse-" + "d" * 200)
        depth += 1
except OSError as error:
    print(f"HELD: depth {depth}, then {error.strerror}")
else:
    print(f"HELD: depth {depth}, unless it is found afterwards")
