import heapq

people = int(input())
heights = list(map(int, input().split()))
heapq.heapify(heights)
for _ in range((people - 1) // 2):
    heapq.heappop(heights)
print(heights[0])
