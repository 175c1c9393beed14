amount = int(input())
coins = list(map(int, input().split()))
layer, used = {amount}, 0
while 0 not in layer:
    layer = {rest - coin for rest in layer for coin in coins if coin <= rest}
    used += 1
print(used)
