code, tidy = 1, True
for bracket in input():
    digit = "([)]".index(bracket)
    if digit < 2:
        code = code * 2 + digit
    elif code > 1 and code % 2 == digit - 2:
        code //= 2
    else:
        tidy = False
print("tidy" if tidy and code == 1 else "untidy")
