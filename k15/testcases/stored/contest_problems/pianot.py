"""Pieces of one to 200 keys, of one to fifteen different ones; the last ones long and of nearly as many as may be."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
kinds = min(number, 5) if number <= 15 else rng.randint(2, 8) if number <= 42 else rng.randint(12, 15)
keys = rng.sample("abcdefghijklmnopqrstuvwxyz", kinds)
length = number if number <= 8 else rng.randint(kinds, 200) if number <= 42 else rng.randint(100, 200)
if number % 4 == 0:  # a walk along the keys, as a piece for one finger would be
    place, piece = rng.randrange(kinds), []
    for _ in range(length):
        piece.append(keys[place])
        place = min(kinds - 1, max(0, place + rng.choice([-1, 0, 1])))
else:
    piece = rng.choices(keys, k=length)
print("".join(piece))
