first, last = map(int, input().split())
leaps = 0
for year in range(first, last + 1):
    if year % 4 == 0 and year % 100 != 0:
        leaps += 1
print(leaps)
