first, last = map(int, input().split())
print(sum(year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) for year in range(first, last + 1)))
