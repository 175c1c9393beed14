rows, columns = map(int, input().split())
width = columns + 2
field = list("." * width + "".join(f".{input()}." for _ in range(rows)) + "." * width)
islands = 0
while "#" in field:
    stack = [field.index("#")]
    while stack:
        place = stack.pop()
        if field[place] == "#":
            field[place] = "."
            stack += [place - 1, place + 1, place - width, place + width]
    islands += 1
print(islands)
