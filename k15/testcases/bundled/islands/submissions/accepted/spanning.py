rows, columns = map(int, input().split())
land = {(row, column) for row in range(rows) for column, kind in enumerate(input()) if kind == "#"}
edges = [(a, (a[0] + down, a[1] + 1 - down)) for a in land for down in (0, 1)]
boss = {cell: cell for cell in land}
left = len(land)
for a, b in edges:
    if b in land and boss[a] != boss[b]:
        old, new = boss[a], boss[b]
        for cell in land:
            if boss[cell] == old:
                boss[cell] = new
        left -= 1
print(left)
