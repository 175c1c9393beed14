"""Words of two to ten letters and a digit from 1 to 9."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
length = 2 if number <= 5 else 10 if number <= 10 else rng.randint(2, 10)
letters = "ab" if number % 7 == 0 else "abcdefghijklmnopqrstuvwxyz"
print("".join(rng.choices(letters, k=length)))
print(1 if number % 5 == 0 else 9 if number % 5 == 1 else rng.randint(1, 9))
