"""One stretch, stretches that touch, nest and overlap, and many long or short ones."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
count = number if number <= 5 else rng.randint(2, 10) if number <= 30 else rng.randint(20, 40)
length = rng.choice([10, 1000])
kind = number % 4
stretches = []
place = rng.randint(0, 5)
for _ in range(count):
    if kind == 0 and place < 990:  # each begins where the last one ended, or a metre behind
        stretches.append((place, place + rng.randint(1, 4)))
        place = stretches[-1][1] + rng.randint(0, 1)
    elif kind == 1 and stretches and stretches[-1][1] - stretches[-1][0] > 2:  # nested
        a, b = stretches[-1]
        stretches.append((a + rng.randint(0, 1), b - rng.randint(0, 1)))
    else:
        a = rng.randint(0, length - 1)
        stretches.append((a, rng.randint(a + 1, length if kind == 2 else min(length, a + length // 5 + 1))))
rng.shuffle(stretches)
print(count)
for a, b in stretches:
    print(a, b)
