input()
heights = sorted(map(int, input().split()))
print(min(heights, key=lambda middle: sum(abs(height - middle) for height in heights)))
