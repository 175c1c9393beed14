from functools import cache

amount = int(input())
coins = sorted(map(int, input().split()))


@cache
def fewest(rest: int) -> int:
    return 1 + min(fewest(rest - coin) for coin in coins if coin <= rest) if rest else 0


for rest in range(amount):
    fewest(rest)
print(fewest(amount))
