rows, columns = map(int, input().split())
islands: list[set[tuple[int, int]]] = []
for row in range(rows):
    for column, kind in enumerate(input()):
        if kind == "#":
            near = {(row - 1, column), (row, column - 1)}
            apart = [island for island in islands if not island & near]
            joined = {(row, column)}.union(*(island for island in islands if island & near))
            islands = [*apart, joined]
print(len(islands))
