n = int(input())
bags = list(map(int, input().split()))
ends: dict[int, list[int]] = {0: [0]}
total = 0
for place, marbles in enumerate(bags, 1):
    total += marbles
    ends.setdefault(total % n, []).append(place)
first, second = next(places[:2] for places in ends.values() if len(places) > 1)
print(*range(first + 1, second + 1))
