"""Words of one to a hundred letters with few, many, or equally many b and k."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
if number <= 6:
    print(["b", "k", "a", "kb", "bk", "z"][number - 1])
else:
    longest = 10 if number <= 30 else 100
    b, k = rng.randint(0, longest // 3), rng.randint(0, longest // 3)
    if number % 4 == 0:
        k = b
    elif number % 4 == 1:
        b = k = 0
    others = [letter for letter in letters if letter not in "bk"]
    word = ["b"] * b + ["k"] * k + rng.choices(others, k=rng.randint(1, longest - b - k))
    rng.shuffle(word)
    print("".join(word))
