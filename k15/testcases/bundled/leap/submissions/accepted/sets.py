first, last = map(int, input().split())
years = set(range(4, 4001, 4)) - set(range(100, 4001, 100)) | set(range(400, 4001, 400))
print(len(years & set(range(first, last + 1))))
