# promise: a small graph of shared lists that is a huge tree to the tests is the program's failure
# tests: assert str(add(2, 3)) == "5"
# status: wrong_answer runtime_error cpu_limit memory_limit
# limits: cpu_s=0.5


def add(a: int, b: int) -> list[object]:
    tree: list[object] = []
    for _ in range(200):
        tree = [tree, tree]
    return tree
