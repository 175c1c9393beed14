# promise: values built to be slow to compare or to hash are the program's failure
# tests: assert add(2, 3) == {5}
# status: wrong_answer runtime_error cpu_limit memory_limit
# limits: cpu_s=0.5


class Quick(int):
    def __hash__(self) -> int:
        return id(self) >> 4


def add(a: int, b: int) -> frozenset[int]:
    return frozenset(Quick((number + 1) * ((1 << 61) - 1)) for number in range(30_000))
