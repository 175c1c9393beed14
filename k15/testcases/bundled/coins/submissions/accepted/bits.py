amount = int(input())
coins = list(map(int, input().split()))
reachable, used = 1, 0
while not reachable >> amount & 1:
    following = reachable
    for coin in coins:
        following |= reachable << coin
    reachable, used = following, used + 1
print(used)
