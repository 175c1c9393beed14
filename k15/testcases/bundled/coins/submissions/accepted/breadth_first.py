from collections import deque

amount = int(input())
coins = list(map(int, input().split()))
steps = {0: 0}
todo = deque([0])
while amount not in steps:
    total = todo.popleft()
    for coin in coins:
        if total + coin <= amount and total + coin not in steps:
            steps[total + coin] = steps[total] + 1
            todo.append(total + coin)
print(steps[amount])
