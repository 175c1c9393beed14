"""Heights of one to 99 people. Every third row has an even number, against the statement: no case can come of it."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
people = 2 * rng.randint(0 if number <= 6 else 2, 4 if number <= 25 else 49) + 1
if number % 3 == 0:
    people += 1
print(people)
print(*(rng.randint(1, 10_000) for _ in range(people)))
