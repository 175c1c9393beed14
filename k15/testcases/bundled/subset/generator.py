"""Two to twelve bags, few marbles and many."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
bags = rng.randint(1 if number <= 3 else 2, 5 if number <= 20 else 12)
print(bags)
print(*(rng.randint(1, rng.choice([10, 100])) for _ in range(bags)))
