import math

amount = int(input())
coins = list(map(int, input().split()))
best = [math.inf] * (amount + 101)
best[0] = 0
for total in range(amount):
    for coin in coins:
        best[total + coin] = min(best[total + coin], best[total] + 1)
print(best[amount])
