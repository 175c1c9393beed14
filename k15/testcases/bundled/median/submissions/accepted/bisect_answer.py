people = int(input())
heights = list(map(int, input().split()))
low, high = 1, 10_000
while low < high:
    middle = (low + high) // 2
    if 2 * sum(height <= middle for height in heights) >= people:
        high = middle
    else:
        low = middle + 1
print(low)
