from statistics import harmonic_mean

input()
print(float(harmonic_mean([float(speed) for speed in input().split()])))
