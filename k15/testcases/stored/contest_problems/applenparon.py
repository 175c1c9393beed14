"""Two counts from 0 to 1000; every third case is a draw, and some are one fruit away from one."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
corners = [(0, 0), (0, 1), (1, 0), (1, 1), (1000, 1000), (1000, 0), (0, 1000), (1000, 538), (1000, 539), (2, 1)]
if number <= len(corners):
    apples, pears = corners[number - 1]
else:
    share = rng.randint(1, 76)
    apples, pears = 13 * share, 7 * share
    if number % 3 == 1:
        apples += rng.choice([-1, 1])
    elif number % 3 == 2:
        apples, pears = rng.randint(0, 1000), rng.randint(0, 1000)
print(apples, pears)
