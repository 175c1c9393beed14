import re

text, changes = input(), 1
while changes:
    text, changes = re.subn(r"\(\)|\[\]", "", text)
print(("tidy", "untidy")[text != ""])
