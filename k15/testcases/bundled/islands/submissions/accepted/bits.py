rows, columns = map(int, input().split())
width = columns + 1
land = sum(1 << row * width + column for row in range(rows) for column, kind in enumerate(input()) if kind == "#")
islands = 0
while land:
    flood, before = land & -land, 0
    while flood != before:
        before = flood
        flood |= (flood << 1 | flood >> 1 | flood << width | flood >> width) & land
    land ^= flood
    islands += 1
print(islands)
