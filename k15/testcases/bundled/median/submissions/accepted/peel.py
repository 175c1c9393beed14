input()
heights = list(map(int, input().split()))
while len(heights) != 1:
    heights.remove(min(heights))
    heights.remove(max(heights))
print(heights[0])
