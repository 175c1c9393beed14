import statistics

input()
print(statistics.median(map(int, input().split())))
