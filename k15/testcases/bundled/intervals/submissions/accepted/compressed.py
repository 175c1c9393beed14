from itertools import pairwise

stretches = [tuple(map(int, input().split())) for _ in range(int(input()))]
places = sorted({place for stretch in stretches for place in stretch})
painted = 0
for left, right in pairwise(places):
    if any(a <= left and right <= b for a, b in stretches):
        painted += right - left
print(painted)
