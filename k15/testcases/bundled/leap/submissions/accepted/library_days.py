from calendar import leapdays

first, last = map(int, input().split())
print(leapdays(first, last + 1))
