# promise: a program that waits for itself ends at the wall limit
# status: wall_limit
# limits: wall_s=1

import os

reader, writer = os.pipe()
os.read(reader, 1)
