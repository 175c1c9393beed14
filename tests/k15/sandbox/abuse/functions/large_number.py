# promise: a number of millions of digits is the program's failure, not the judge's
# tests: assert str(add(2, 3)) == "5"
# status: wrong_answer runtime_error cpu_limit memory_limit
# limits: cpu_s=0.5


def add(a: int, b: int) -> int:
    return 1 << 40_000_000
