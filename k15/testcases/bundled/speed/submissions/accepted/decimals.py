from decimal import Decimal, getcontext

getcontext().prec = 40
legs = int(input())
print(legs / sum(1 / Decimal(speed) for speed in input().split()))
