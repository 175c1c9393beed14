"""Solved, existing, and what solving and writing cost; often with costs that make the choice close."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
if number <= 6:
    solved, problems, solve, write = [
        (0, 1, 1, 1),
        (0, 2, 1, 10**5),
        (0, 2, 10**5, 1),
        (0, 10**5, 10**5, 10**5),
        (49_999, 10**5, 3, 5),
        (0, 99_999, 1, 2),
    ][number - 1]
else:
    problems = rng.randint(1, rng.choice([10, 1000, 10**5]))
    solved = rng.randint(0, (problems - 1) // 2)
    solve = rng.randint(1, rng.choice([10, 10**5]))
    write = min(10**5, max(1, rng.choice([solve + rng.randint(-2, 2), 2 * solve + rng.randint(-1, 1), 10**5, 1])))
print(solved, problems, solve, write, sep="\n")
