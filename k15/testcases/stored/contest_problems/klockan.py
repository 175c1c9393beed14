"""What the clock uses between two times of the day: single seconds, minutes, hours, the whole day."""

import random
import sys

SEGMENTS = [6, 2, 5, 5, 4, 5, 6, 3, 7, 6]

number = int(sys.argv[1])
rng = random.Random(number)
times = [f"{second // 3600:02}{second // 60 % 60:02}{second % 60:02}" for second in range(86_400)]
used = [sum(SEGMENTS[int(digit)] for digit in time) for time in times]
if number == 1:
    start, seconds = 0, 86_400
else:
    longest = 1 if number <= 4 else 10 if number <= 15 else 200 if number <= 25 else 86_400
    seconds = rng.randint(1, longest)
    start = rng.randint(0, 86_400 - seconds)
print(sum(used[start : start + seconds]))
