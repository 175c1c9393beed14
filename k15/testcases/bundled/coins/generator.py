"""Small amounts, coins on which greed fails, and the largest amounts."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
amount = number - 1 if number <= 8 else rng.randint(1, 60) if number <= 25 else rng.randint(100, 300)
coins = [1, *rng.sample(range(2, 30 if number % 2 else 101), rng.randint(0 if number <= 4 else 1, 5))]
rng.shuffle(coins)
print(amount)
print(*coins)
