"""Three whole angles that sum to 180: a third right-angled, many a degree from it, in any order."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
if number <= 6:
    angles = [[60, 60, 60], [90, 45, 45], [1, 1, 178], [89, 90, 1], [91, 88, 1], [89, 89, 2]][number - 1]
else:
    largest = 90 if number % 3 == 0 else rng.choice([89, 91]) if number % 3 == 1 else rng.randint(1, 178)
    second = rng.randint(1, 179 - largest)
    angles = [largest, second, 180 - largest - second]
rng.shuffle(angles)
print(*angles, sep="\n")
