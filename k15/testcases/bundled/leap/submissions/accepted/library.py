from calendar import isleap

first, last = map(int, input().split())
print(len([year for year in range(first, last + 1) if isleap(year)]))
