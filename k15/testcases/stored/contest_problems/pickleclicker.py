"""One to six buildings and a goal of 1 to 20,000; cheap and dear, weak and strong buildings."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
goal = number if number <= 6 else rng.randint(2, rng.choice([10, 100, 1000, 20_000]))
kinds = 1 if number % 5 == 1 else rng.randint(1, 6)
print(kinds, goal)
for place in range(kinds):
    most = goal if rng.random() < 0.2 else max(1, goal // 20)
    production = rng.randint(1, max(1, min(3, goal))) if place == 0 else rng.randint(1, most)
    print(production, min(goal, max(1, rng.choice([production * rng.randint(2, 30), rng.randint(1, goal)]))))
