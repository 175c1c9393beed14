from collections import deque

rows, columns = map(int, input().split())
field = [input() for _ in range(rows)]
seen = [[False] * columns for _ in range(rows)]
islands = 0
for row in range(rows):
    for column in range(columns):
        if field[row][column] == "#" and not seen[row][column]:
            islands += 1
            todo = deque([(row, column)])
            seen[row][column] = True
            while todo:
                r, c = todo.popleft()
                for y, x in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                    if 0 <= y < rows and 0 <= x < columns and field[y][x] == "#" and not seen[y][x]:
                        seen[y][x] = True
                        todo.append((y, x))
print(islands)
