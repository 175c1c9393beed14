from collections import Counter

legs = int(input())
counts = Counter(input().split())
print(legs / sum(count / int(speed) for speed, count in sorted(counts.items())))
