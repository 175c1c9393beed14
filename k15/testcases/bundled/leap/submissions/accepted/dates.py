from datetime import date, timedelta

first, last = map(int, input().split())
leaps = 0
for year in range(first, last + 1):
    leaps += (date(year, 2, 28) + timedelta(days=1)).month == 2
print(leaps)
