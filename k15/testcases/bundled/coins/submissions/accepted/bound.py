amount = int(input())
coins = sorted(map(int, input().split()), reverse=True)
best = amount


def search(place: int, rest: int, used: int) -> None:
    global best
    if rest == 0:
        best = min(best, used)
    elif place < len(coins) and used + -(-rest // coins[place]) < best:
        for count in range(rest // coins[place], -1, -1):
            search(place + 1, rest - count * coins[place], used + count)


search(0, amount, 0)
print(best)
