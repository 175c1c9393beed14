# promise: a short decimal that is a huge number is the program's failure, not the judge's
# tests: assert int(add(2, 3)) == 5
# status: wrong_answer runtime_error cpu_limit memory_limit
# limits: cpu_s=0.5

from decimal import Decimal


def add(a: int, b: int) -> Decimal:
    return Decimal("1e999999999")
