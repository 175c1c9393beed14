n = int(input())
seen, total = {0: 0}, 0
for place, marbles in enumerate(map(int, input().split()), 1):
    total = (total + marbles) % n
    if total in seen:
        print(*range(seen[total] + 1, place + 1))
        break
    seen[total] = place
