# promise: a flood of standard output ends at the output limit
# status: output_limit

import os

block = b"x" * 65536
for _ in range(10_000):
    os.write(1, block)
