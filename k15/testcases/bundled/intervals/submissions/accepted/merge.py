count = int(input())
stretches = sorted(tuple(map(int, input().split())) for _ in range(count))
painted, end = 0, -1
for a, b in stretches:
    if b > end:
        painted += b - max(a, end)
        end = b
print(painted)
