"""One to thirty points: easy wins, long draws beyond 10-10, and wins just before the end."""

import random
import sys

number = int(sys.argv[1])
rng = random.Random(number)
kind = number % 5
if number <= 4:
    print(["T", "H", "T" * 11, "H" * 30][number - 1])
elif kind == 0:
    print("".join(rng.choices("TH", k=rng.randint(1, 30))))
elif kind == 1:
    print("".join(rng.choices("TTTH", k=rng.randint(11, 30))))
else:
    draw = "".join(rng.sample("T" * 10 + "H" * 10, 20))
    rest = "".join(rng.choice(["TH", "HT"]) for _ in range(rng.randint(0, 3)))
    ending = rng.choice(["", "T", "TT", "HH", "TTH", "HHT", "HHHT"])
    print((draw + rest + ending)[: 30 if kind != 4 else rng.randint(18, 30)])
