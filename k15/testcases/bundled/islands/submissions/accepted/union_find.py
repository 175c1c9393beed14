rows, columns = map(int, input().split())
field = "".join(input() for _ in range(rows))
parent = list(range(len(field)))


def root(cell: int) -> int:
    while parent[cell] != cell:
        parent[cell] = parent[parent[cell]]
        cell = parent[cell]
    return cell


for cell, kind in enumerate(field):
    if kind == "#":
        if (cell + 1) % columns and field[cell + 1] == "#":
            parent[root(cell)] = root(cell + 1)
        if cell + columns < len(field) and field[cell + columns] == "#":
            parent[root(cell)] = root(cell + columns)
print(sum(kind == "#" and root(cell) == cell for cell, kind in enumerate(field)))
