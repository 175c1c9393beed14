n = int(input())
bags = list(map(int, input().split()))
seen, total = {0: n}, 0
for place in range(n - 1, -1, -1):
    total = (total + bags[place]) % n
    if total in seen:
        print(*range(place + 1, seen[total] + 1))
        break
    seen[total] = place
