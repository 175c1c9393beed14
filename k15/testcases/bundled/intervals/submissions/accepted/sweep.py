events = []
for _ in range(int(input())):
    a, b = map(int, input().split())
    events += [(a, 1), (b, -1)]
painted = painters = before = 0
for place, change in sorted(events):
    if painters:
        painted += place - before
    painters += change
    before = place
print(painted)
