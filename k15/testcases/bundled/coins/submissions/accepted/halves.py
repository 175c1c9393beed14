amount = int(input())
coins = set(map(int, input().split()))
best = {0: 0}
for total in range(1, amount + 1):
    if total in coins:
        best[total] = 1
    else:
        best[total] = min(best[part] + best[total - part] for part in range(1, total // 2 + 1))
print(best[amount])
