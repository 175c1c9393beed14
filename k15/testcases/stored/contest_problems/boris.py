"""Trains that a walker could catch in turn, mixed with trains of anywhere; from one train to some hundreds."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
size = number if number <= 16 else rng.choice([20, 50, 100, 200, 400])
side = 50 if number % 3 == 0 else rng.choice([10, 10**4, 5 * 10**8])
trains: dict[tuple[int, int, int], int] = {}
t = x = y = 0
while len(trains) < size:
    if rng.random() < 0.5:
        steps = [rng.randint(0, max(1, side // (size + 1))) for _ in range(2)]
        x = min(side, max(0, x + rng.choice([-1, 1]) * steps[0]))
        y = min(side, max(0, y + rng.choice([-1, 1]) * steps[1]))
        t = min(side, t + sum(steps) + rng.choice([0, 0, 1, -1]))
        train = max(0, t), x, y
    else:
        train = rng.randint(0, side), rng.randint(0, side), rng.randint(0, side)
    trains[train] = 1 if number % 3 == 0 else rng.randint(1, 500_000)
print(size)
rows = list(trains.items())
rng.shuffle(rows)
for (t, x, y), count in rows:
    print(t, count, x, y)
