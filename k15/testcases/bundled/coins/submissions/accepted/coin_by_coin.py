amount = int(input())
best = list(range(amount + 1))
for coin in map(int, input().split()):
    for total in range(coin, amount + 1):
        best[total] = min(best[total], best[total - coin] + 1)
print(best[amount])
