import math

legs = int(input())
speeds = list(map(int, input().split()))
length = math.lcm(*speeds)
print(legs * length / sum(length // speed for speed in speeds))
