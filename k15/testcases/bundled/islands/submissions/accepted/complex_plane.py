rows, columns = map(int, input().split())
land = {complex(row, column) for row in range(rows) for column, kind in enumerate(input()) if kind == "#"}
islands = 0
while land:
    islands += 1
    todo = [land.pop()]
    while todo:
        cell = todo.pop()
        near = {cell + step for step in (1, -1, 1j, -1j)} & land
        land -= near
        todo.extend(near)
print(islands)
