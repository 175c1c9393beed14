stack: list[str] = []
tidy = True
for bracket in input():
    if bracket in "([":
        stack.append(bracket)
    elif not stack or stack.pop() + bracket not in ("()", "[]"):
        tidy = False
        break
print("tidy" if tidy and not stack else "untidy")
