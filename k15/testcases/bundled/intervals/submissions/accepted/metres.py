metres: set[int] = set()
for _ in range(int(input())):
    metres.update(range(*map(int, input().split())))
print(len(metres))
