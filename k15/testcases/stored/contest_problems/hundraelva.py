"""Prices up to a billion: small ones, those next to a banknote or to many of one kind, and any."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
if number <= 12:
    price = [1, 2, 5, 6, 10, 11, 12, 55, 66, 110, 10**9, 10**9 - 1][number - 1]
elif number <= 36:
    note = int("1" * rng.randint(1, 9))
    price = note * rng.randint(1, 10) + rng.choice([-1, 0, 1, rng.randint(0, note)])
else:
    price = rng.randint(1, 10 ** rng.randint(2, 9))
print(min(max(price, 1), 10**9))
