brackets = list(input())
while brackets:
    closings = [place for place, bracket in enumerate(brackets) if bracket in ")]"]
    if not closings or closings[0] == 0:
        break
    place = closings[0]
    if brackets[place - 1] + brackets[place] not in ("()", "[]"):
        break
    del brackets[place - 1 : place + 1]
print("untidy" if brackets else "tidy")
