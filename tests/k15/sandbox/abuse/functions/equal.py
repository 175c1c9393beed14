# promise: a result that claims to equal everything passes no test
# tests: assert add(2, 3) == 5
# status: wrong_answer runtime_error


class Yes:
    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None


def add(a: int, b: int) -> Yes:
    return Yes()
