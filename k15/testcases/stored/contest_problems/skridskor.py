"""Rinks of 3 by 3 to 60 by 60 with a way out: drawn until there is one, which a search of our own finds."""

import random
import sys
from collections import deque

STEPS = [(0, 1), (1, 0), (0, -1), (-1, 0)]


def leaves_east(rink: list[str]) -> bool:
    rows, columns = len(rink), len(rink[0])
    todo, seen = deque([(0, 0, 0)]), {(0, 0, 0)}
    while todo:
        row, column, heading = todo.popleft()
        down, right = STEPS[heading]
        while rink[row][column] == ".":
            row, column = row + down, column + right
            if column == columns:
                return True
            if not (0 <= row < rows and column >= 0):
                break
        else:
            for turn in (1, 3):
                state = row - down, column - right, (heading + turn) % 4
                if state not in seen:
                    seen.add(state)
                    todo.append(state)
    return False


number = int(sys.argv[1])
rng = random.Random(number)
longest = 5 if number <= 12 else 15 if number <= 30 else 30 if number <= 42 else 60
while True:
    rows, columns = rng.randint(3, longest), rng.randint(3, longest)
    obstacles = rng.choice([0.05, 0.1, 0.2, 0.3, 0.4])
    rink = ["".join("#" if rng.random() < obstacles else "." for _ in range(columns)) for _ in range(rows)]
    rink[0] = "." + rink[0][1:]
    straight = "#" not in rink[0]
    if leaves_east(rink) and (not straight or number % 10 == 1):
        break
print(rows, columns)
print(*rink, sep="\n")
