input()
average = 0.0
for done, speed in enumerate(map(int, input().split())):
    average = (done + 1) / (done / average + 1 / speed) if done else float(speed)
print(average)
