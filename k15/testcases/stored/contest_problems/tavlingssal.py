"""One to a billion participants: small numbers, squares, products of near factors, primes, and any."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
if number <= 15:
    participants = number
elif number <= 27:
    side = rng.randint(2, 31_622)
    participants = side * (side + rng.choice([-1, 0, 1])) + rng.choice([-1, 0, 1])
elif number <= 32:
    participants = [10**9, 10**9 - 1, 10**9 - 63, 10**6, 2**29][number - 28]
else:
    participants = rng.randint(1, rng.choice([10**3, 10**6, 10**9]))
print(min(max(participants, 1), 10**9))
