parts: list[tuple[int, int]] = []
for _ in range(int(input())):
    a, b = map(int, input().split())
    touching = [part for part in parts if part[0] <= b and a <= part[1]]
    parts = [part for part in parts if part not in touching]
    parts.append((min([a, *(part[0] for part in touching)]), max([b, *(part[1] for part in touching)])))
print(sum(b - a for a, b in parts))
