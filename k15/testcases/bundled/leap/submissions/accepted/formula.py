def until(year: int) -> int:
    return year // 4 - year // 100 + year // 400


first, last = map(int, input().split())
print(until(last) - until(first - 1))
