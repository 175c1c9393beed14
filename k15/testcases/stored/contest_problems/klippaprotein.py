"""Proteins of one to fifty letters, of one letter, two, a few or all, with scissors of every width."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
length = min(number, 8) if number <= 12 else rng.randint(2, 50) if number <= 40 else 50
letters = rng.choice(["a", "ab", "ab", "abc", "abcdefghijklmnopqrstuvwxyz"])
if number % 5 == 0:
    runs = [rng.choice(letters) * rng.randint(1, 8) for _ in range(length)]
    protein = "".join(runs)[:length]
else:
    protein = "".join(rng.choices(letters, k=length))
print(protein)
print(1 if number % 6 == 1 else rng.randint(1, length))
