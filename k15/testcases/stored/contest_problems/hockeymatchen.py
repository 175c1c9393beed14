"""Statistics of a match that could have been, with some figures left out: saves, goals and shots of each team."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
highest = rng.choice([0, 1, 5]) if number <= 20 else rng.choice([5, 1000, 5 * 10**8])
goals = [rng.randint(0, highest) for _ in range(2)]
saves = [rng.randint(0, highest) for _ in range(2)]
shots = [goals[0] + saves[1], goals[1] + saves[0]]
figures = [saves[0], goals[0], shots[0], saves[1], goals[1], shots[1]]
missing = rng.sample(range(6), number % 7)
figures = [-1 if place in missing else figure for place, figure in enumerate(figures)]
print(*figures[:3])
print(*figures[3:])
