from functools import reduce


def add(seen: str, bracket: str) -> str:
    return seen[:-1] if seen[-1:] + bracket in ("()", "[]") else seen + bracket


print("untidy" if reduce(add, input(), "") else "tidy")
