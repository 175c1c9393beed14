legs = int(input())
hours = 0.0
for speed in input().split():
    hours += 1.0 / float(speed)
print(f"{legs / hours:.9f}")
