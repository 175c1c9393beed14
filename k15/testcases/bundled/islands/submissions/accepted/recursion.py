import sys

sys.setrecursionlimit(10_000)
rows, columns = map(int, input().split())
field = [list(input()) for _ in range(rows)]


def sink(row: int, column: int) -> int:
    if 0 <= row < rows and 0 <= column < columns and field[row][column] == "#":
        field[row][column] = "."
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            sink(row + down, column + right)
        return 1
    return 0


print(sum(sink(row, column) for row in range(rows) for column in range(columns)))
