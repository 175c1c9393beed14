"""Single years, years about centuries, and long stretches."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
if number <= 10:
    first = [1, 4, 1900, 2000, 2100, 1999, 2023, 2024, 4000, 400][number - 1]
    last = first
elif number <= 25:
    first = max(1, 100 * rng.randint(1, 39) + rng.randint(-8, 8))
    last = min(4000, first + rng.randint(0, 12))
else:
    first, last = sorted(rng.randint(1, 4000) for _ in range(2))
print(first, last)
