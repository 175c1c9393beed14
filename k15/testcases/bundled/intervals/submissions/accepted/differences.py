from itertools import accumulate

change = [0] * 1001
for _ in range(int(input())):
    a, b = map(int, input().split())
    change[a] += 1
    change[b] -= 1
print(sum(layers > 0 for layers in accumulate(change)))
