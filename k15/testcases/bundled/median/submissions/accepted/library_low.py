import statistics

input()
print(statistics.median_low(map(int, input().split())))
