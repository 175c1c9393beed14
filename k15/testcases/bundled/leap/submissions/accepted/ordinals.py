from datetime import date

first, last = map(int, input().split())
days = date(last, 12, 31).toordinal() - date(first, 1, 1).toordinal() + 1
print(days - 365 * (last - first + 1))
