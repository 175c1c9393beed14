"""One leg, equal legs, very different legs, many legs."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
legs = 1 if number <= 4 else rng.randint(2, 8) if number <= 30 else rng.randint(20, 50)
if number % 4 == 0:
    speeds = [rng.randint(1, 1000)] * legs
elif number % 4 == 1:
    speeds = [rng.choice([1, 2, 999, 1000]) if legs > 1 else number for _ in range(legs)]
else:
    speeds = [rng.randint(1, 1000) for _ in range(legs)]
print(legs)
print(*speeds)
