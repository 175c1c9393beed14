people = int(input())
heights = [0, *sorted(map(int, input().split()))]
print(heights[(people + 1) // 2])
