n = int(input())
chosen: dict[int, list[int]] = {}
for bag, marbles in enumerate(map(int, input().split()), 1):
    for rest, before in [*chosen.items(), (0, [])]:
        chosen.setdefault((rest + marbles) % n, [*before, bag])
    if 0 in chosen:
        break
print(*chosen[0])
