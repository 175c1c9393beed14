"""Fields of 3 by 3 to 100 by 100 with two horses and from no stones to many."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
longest = 5 if number <= 15 else 15 if number <= 35 else 40 if number <= 46 else 100
rows, columns = rng.randint(3, longest), rng.randint(3, longest)
if number > 46:
    rows, columns = rng.choice([(100, 100), (100, 90), (90, 100), (99, 100)])
stones = rng.choice([0.0, 0.2, 0.4, 0.5, 0.6])
field = [["#" if rng.random() < stones else "." for _ in range(columns)] for _ in range(rows)]
for place in rng.sample(range(rows * columns), 2):
    field[place // columns][place % columns] = "H"
print(rows, columns)
for row in field:
    print("".join(row))
