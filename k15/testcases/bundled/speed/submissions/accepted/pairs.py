def hours(speeds: list[int]) -> float:
    if len(speeds) == 1:
        return 1 / speeds[0]
    middle = len(speeds) // 2
    return hours(speeds[:middle]) + hours(speeds[middle:])


legs = int(input())
print(round(legs / hours(list(map(int, input().split()))), 10))
