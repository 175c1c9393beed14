legs = int(input())
print(legs / sum(1 / int(speed) for speed in input().split()))
