# promise: a small message that is a huge value to the tests is the program's failure
# tests: assert sorted(add(2, 3)) == [5]
# status: wrong_answer runtime_error cpu_limit memory_limit
# limits: cpu_s=0.5


def add(a: int, b: int) -> range:
    return range(1 << 60)
