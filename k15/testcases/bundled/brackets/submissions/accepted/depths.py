text = input()
at_depth: dict[int, str] = {}
depth, tidy = 0, True
for bracket in text:
    if bracket in "([":
        depth += 1
        at_depth[depth] = bracket
    else:
        tidy = tidy and depth > 0 and at_depth[depth] == {")": "(", "]": "["}[bracket]
        depth -= 1
print("tidy" if tidy and depth == 0 else "untidy")
