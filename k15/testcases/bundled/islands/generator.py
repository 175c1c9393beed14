"""From single cells to 15 by 15: all water, all land, and every density between; some rings and combs."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
longest = 3 if number <= 10 else 8 if number <= 30 else 15
rows, columns = rng.randint(1 if number <= 5 else 2, longest), rng.randint(number % 4 + 1, max(4, longest))
land = rng.choice([0.2, 0.4, 0.5, 0.6, 0.8])
field = [["#" if rng.random() < land else "." for _ in range(columns)] for _ in range(rows)]
if number % 6 == 0:
    for row in range(rows):
        for column in range(columns):
            ring = min(row, column, rows - 1 - row, columns - 1 - column)
            field[row][column] = "#" if ring % 2 == 0 else "."
    field[rng.randrange(rows)][rng.randrange(columns)] = "."
elif number % 6 == 1:
    for row in range(rows):
        for column in range(columns):
            field[row][column] = "#" if column % 2 == 0 or rng.random() < 0.1 else "."
print(rows, columns)
for line in field:
    print("".join(line))
