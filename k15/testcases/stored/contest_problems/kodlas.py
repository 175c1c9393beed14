"""One to twelve disks of one to twelve segments: almost closed, almost open, and between."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
largest = 3 if number <= 12 else 5 if number <= 25 else 9 if number <= 42 else 12
disks, segments = rng.randint(1, largest), rng.randint(1, largest)
if number > 42:
    disks, segments = rng.choice([(12, 12), (11, 12), (12, 11), (12, 10)])
open_share = rng.choice([0.1, 0.3, 0.5, 0.8, 0.95])
print(disks, segments)
for _ in range(disks):
    print("".join("." if rng.random() < open_share else "#" for _ in range(segments)))
