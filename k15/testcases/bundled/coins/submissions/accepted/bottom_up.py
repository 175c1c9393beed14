amount = int(input())
coins = list(map(int, input().split()))
best = [0] * (amount + 1)
for total in range(1, amount + 1):
    best[total] = 1 + min(best[total - coin] for coin in coins if coin <= total)
print(best[amount])
