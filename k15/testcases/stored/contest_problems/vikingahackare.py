"""Alphabets of one to sixteen signs and stones of one to a thousand signs, some of them hacked."""

import random
import string
import sys

number = int(sys.argv[1])
rng = random.Random(number)
size = 1 if number % 6 == 1 else 16 if number % 6 == 2 else rng.randint(1, 16)
codes = rng.sample([f"{code:04b}" for code in range(16)], size)
signs = rng.sample(string.ascii_letters + string.digits, size)
length = number if number <= 5 else rng.randint(1, 40) if number <= 35 else rng.randint(100, 1000)
hacked = rng.choice([0.0, 0.1, 0.5, 1.0])
anything = [f"{code:04b}" for code in range(16)]
print(size)
for sign, code in zip(signs, codes, strict=True):
    print(sign, code)
print("".join(rng.choice(anything if rng.random() < hacked else codes) for _ in range(length)))
