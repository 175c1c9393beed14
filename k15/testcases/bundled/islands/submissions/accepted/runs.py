rows, columns = map(int, input().split())
groups: list[set[tuple[int, int]]] = []
for row in range(rows):
    line = input() + "."
    start = 0
    for column, kind in enumerate(line):
        if kind == ".":
            if column > start:
                run = {(row, place) for place in range(start, column)}
                above = {(row - 1, place) for place in range(start, column)}
                touching = [group for group in groups if group & above]
                groups = [group for group in groups if not group & above]
                groups.append(run.union(*touching))
            start = column + 1
print(len(groups))
