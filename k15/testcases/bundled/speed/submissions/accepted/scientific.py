import math

legs = int(input())
print(f"{legs / math.fsum(1 / int(speed) for speed in input().split()):.12e}")
