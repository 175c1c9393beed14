import heapq

amount = int(input())
coins = list(map(int, input().split()))
heap, done = [(0, 0)], set()
while True:
    used, total = heapq.heappop(heap)
    if total == amount:
        break
    if total not in done:
        done.add(total)
        for coin in coins:
            if total + coin <= amount:
                heapq.heappush(heap, (used + 1, total + coin))
print(used)
