before = [0]
for year in range(1, 4001):
    divisor = 400 if year % 100 == 0 else 4
    before.append(before[-1] + (year % divisor == 0))
first, last = map(int, input().split())
print(before[last] - before[first - 1])
