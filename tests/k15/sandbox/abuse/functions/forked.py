# promise: a program that forks and answers twice passes nothing
# tests: assert add(2, 3) == 5; assert add(1, 1) == 2
# status: wrong_answer runtime_error

import os


def add(a: int, b: int) -> int:
    return a - b if os.fork() else a * b
