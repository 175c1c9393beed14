from fractions import Fraction

legs = int(input())
print(float(legs / sum(Fraction(1, int(speed)) for speed in input().split())))
