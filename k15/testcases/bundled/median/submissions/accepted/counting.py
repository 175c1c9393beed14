people = int(input())
heights = list(map(int, input().split()))
for height in heights:
    if sum(other < height for other in heights) <= people // 2 < sum(other <= height for other in heights):
        print(height)
        break
