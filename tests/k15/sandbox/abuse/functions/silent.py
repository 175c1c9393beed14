# promise: a program that never answers the judge ends at the wall limit
# tests: assert add(2, 3) == 5
# status: wall_limit
# limits: wall_s=1

import time


def add(a: int, b: int) -> int:
    time.sleep(3600)
    return a - b
