"""Boards of up to 100 by 100: the smallest, the largest, powers of two and their neighbours, and any."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
corners = [(1, 1), (1, 2), (2, 1), (2, 2), (1, 100), (100, 1), (100, 100), (99, 100), (63, 64), (64, 64), (3, 3)]
if number <= len(corners):
    print(*corners[number - 1])
else:
    edges = [size + step for size in (4, 8, 16, 32, 64) for step in (-1, 0, 1)]
    pool = edges if number % 2 else range(1, 101)
    print(rng.choice(pool), rng.choice(pool))
